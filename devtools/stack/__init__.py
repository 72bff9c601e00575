"""The local stack: the product, embedded servers and the sandbox under one supervisor."""
