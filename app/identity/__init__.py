"""Users, passwords, tokens and roles. Imports only core."""
