"""Measures the speed of the product against its bars: `make bench`.

Every row is a ratio between contenders that ran by turns on one durable server, because
machines differ and drift. Imports the product; nothing imports this.
"""
