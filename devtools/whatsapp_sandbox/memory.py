"""Keep the conversations of the phones in a file, so that a restart finds them again."""

from pathlib import Path

from pydantic import TypeAdapter

from devtools.stack.files import write_private
from devtools.whatsapp_sandbox.state import KeptPhones, Phones

_KEPT = TypeAdapter(KeptPhones)


class Memory:
    """The file of a sandbox. Only its owner may read it: it holds numbers and codes."""

    def __init__(self, path: Path, phones: Phones) -> None:
        self._path, self._phones = path, phones
        self._saved = 0
        if path.exists():
            phones.restore(_KEPT.validate_json(path.read_bytes()))

    def save(self) -> None:
        """Write the conversations, if they may have changed since the last time."""
        accesses = self._phones.accesses
        if accesses != self._saved:
            write_private(self._path, _KEPT.dump_json(self._phones.kept()).decode())
            self._saved = accesses
