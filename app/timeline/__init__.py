"""One timeline of a report, over all features. May import every feature, and no web."""
