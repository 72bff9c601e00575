"""The contenders: programs that do the same work in different ways. Each prints `ready`."""
