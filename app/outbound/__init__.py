"""Messages to customers: jobs, their runner, the provider. May import outbox and core."""
