"""The drills: each checks one feature of the product on a running stack.

Every check uses the result of a query or of an HTTP request. The proof pack shows both.
"""
