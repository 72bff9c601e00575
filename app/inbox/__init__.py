"""The admin inbox: items, and the actions of admins on them. Imports only core."""
