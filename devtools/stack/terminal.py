"""The output of many programs on one terminal: whole lines, each behind its program's name."""

import os
import pty
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TextIO

_COLOURS = ("36", "32", "33", "35", "34", "96", "92", "95")
_NAME_WIDTH = 10


@dataclass(slots=True)
class Terminal:
    """Where the local stack talks; coloured when a person looks at it, plain otherwise."""

    stream: TextIO = field(default_factory=lambda: sys.stdout)
    closed: bool = False
    """Whether the reader went away, as `head` does after its lines."""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _colours: dict[str, str] = field(default_factory=dict)

    @property
    def coloured(self) -> bool:
        """Whether escape sequences will be understood."""
        return self.stream.isatty()

    def say(self, text: str) -> None:
        """Print a line of the local stack itself."""
        self._write(f"{text}\n")

    def follow(self, name: str) -> int:
        """Return a descriptor for the output of `name`, whose lines are printed as they come.

        It is a terminal itself if this is one, so that a program that writes for people
        on a terminal does so here. The caller closes it once the program has it.
        """
        ours, theirs = pty.openpty() if self.coloured else os.pipe()
        copy = threading.Thread(target=self._copy, args=(name, ours), name=name, daemon=True)
        copy.start()
        return theirs

    def _copy(self, name: str, output: int) -> None:
        prefix = self._prefix(name)
        # A pseudo-terminal ends with EIO where a pipe ends with nothing.
        with open(output, "rb") as lines, suppress(OSError):
            for line in lines:
                self._write(f"{prefix}{line.decode(errors='replace').rstrip()}\n")

    def _prefix(self, name: str) -> str:
        if not self.coloured:
            return f"{name:{_NAME_WIDTH}} | "
        colour = self._colours.setdefault(name, _COLOURS[len(self._colours) % len(_COLOURS)])
        return f"\x1b[{colour}m{name:{_NAME_WIDTH}} |\x1b[0m "

    def _write(self, text: str) -> None:
        with self._lock:
            try:
                self.stream.write(text)
                self.stream.flush()
            except (BrokenPipeError, ValueError):
                self.closed = True
