"""What a run has started, kept in its data folder for the run after a crash."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil

from devtools.stack.files import write_private
from devtools.stack.processes import Identity


@dataclass(slots=True)
class Ledger:
    """The latest process of each program; the file is replaced whole, never half written."""

    path: Path
    entries: dict[str, Identity] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> "Ledger":
        """Read what an earlier run left at `path`; empty if it ended in order."""
        try:
            entries = json.loads(path.read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            entries = {}
        return cls(path, {name: Identity(**entry) for name, entry in entries.items()})

    def enter(self, name: str, pid: int) -> None:
        """Note that `name` now runs as `pid`; one that has already ended is forgotten."""
        try:
            self.entries[name] = Identity.of(pid)
        except psutil.NoSuchProcess:
            self.entries.pop(name, None)
        write_private(
            self.path, json.dumps({n: asdict(entry) for n, entry in self.entries.items()})
        )

    def close(self) -> None:
        """Remove the file: nothing is left to end."""
        self.path.unlink(missing_ok=True)
