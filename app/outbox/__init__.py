"""The outbox: events written in the business transaction. Imports only core."""
