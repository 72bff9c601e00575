"""Who writes to us and whom we write to: a number, a user id, or both. May import core."""
