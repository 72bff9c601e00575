"""The contenders: each a program that does the same work its own way, and says `ready`."""
