"""The outbox: events written in the business transaction. Imports core alone."""
