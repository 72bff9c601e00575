"""The pictures of the README, taken from a local stack with example data."""
