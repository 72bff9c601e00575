"""Messages to customers: jobs, runner and provider. May import outbox and core."""
