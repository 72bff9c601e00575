"""The processes that a run has started, stored for the next run to end after a crash."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil

from devtools.stack.files import write_private
from devtools.stack.programs import ProcessIdentity


@dataclass(slots=True)
class ProcessRegistry:
    """The latest process of each program. Each change replaces the file atomically."""

    path: Path
    entries: dict[str, ProcessIdentity] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> "ProcessRegistry":
        """Read the file of an earlier run. It is missing if that run ended normally."""
        try:
            entries = json.loads(path.read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            entries = {}
        return cls(path, {name: ProcessIdentity(**entry) for name, entry in entries.items()})

    def record(self, name: str, pid: int) -> None:
        """Store that `name` runs as `pid`. Remove its entry if that process has ended."""
        try:
            self.entries[name] = ProcessIdentity.of(pid)
        except psutil.NoSuchProcess:
            self.entries.pop(name, None)
        write_private(
            self.path, json.dumps({n: asdict(entry) for n, entry in self.entries.items()})
        )

    def remove(self) -> None:
        """Remove the file, because all processes have ended."""
        self.path.unlink(missing_ok=True)
