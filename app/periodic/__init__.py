"""The periodic jobs: their slots, runs and missed runs, and heartbeats.

May import lower packages; the jobs call use cases of `fraud` and `reports`.
"""
