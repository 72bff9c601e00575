"""A scheduler: the periodic jobs, their slots, runs and missed runs, and heartbeats.

May import what lies below it: the jobs call use cases of `fraud` and `reports`.
"""
