"""Shared by every feature: settings, database, clock, errors, logs, redaction, encryption.

Imports no other package of this product.
"""
