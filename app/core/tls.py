"""The certificate authorities that HTTP clients of this process trust."""

import ssl
from functools import cache

import httpx


@cache
def tls_context() -> ssl.SSLContext:
    """Return the TLS settings of every HTTP client. httpx needs 20 ms to build them for each."""
    return httpx.create_ssl_context()
