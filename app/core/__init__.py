"""What every feature stands on: settings, database, clock, errors, logs, redaction, encryption.

Imports nothing else of ours.
"""
