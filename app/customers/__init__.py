"""Customers, each known by a number, a user id, or both. May import core."""
