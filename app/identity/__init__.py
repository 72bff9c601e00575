"""Who may act: users, passwords, tokens, roles. Imports core alone."""
