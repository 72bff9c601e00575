"""Faults on real processes: break something, let it recover, count rows."""
