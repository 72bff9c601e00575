"""The fixtures of the tests of bulk jobs."""

from tests.dispatch.conftest import poison, read, record, write
from tests.inbox.conftest import add_item

__all__ = ["add_item", "poison", "read", "record", "write"]
