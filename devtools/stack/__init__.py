"""The local stack: the product, embedded servers and the sandbox, run by one supervisor."""
