"""Measures the speed of the product and compares it with the required values: `make bench`.

Most rows are ratios between contenders that ran alternately on one durable server, because
absolute times differ between machines and change over time. No other package imports this one.
"""
