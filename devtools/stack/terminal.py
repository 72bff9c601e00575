"""Prints the output of several programs on one terminal, with the program's name on each line."""

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
    """The output of the local stack: with colours on a terminal, plain text otherwise."""

    stream: TextIO = field(default_factory=lambda: sys.stdout)
    closed: bool = False
    """Whether the reader closed the output, as `head` does after its last line."""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _colours: dict[str, str] = field(default_factory=dict)

    @property
    def coloured(self) -> bool:
        """Whether the output is a terminal, so that escape sequences work."""
        return self.stream.isatty()

    def say(self, text: str) -> None:
        """Print a line of the local stack itself."""
        self._write(f"{text}\n")

    def follow(self, name: str) -> int:
        """Return a descriptor for the output of `name`; a thread prints each line at once.

        The descriptor is a pseudo-terminal if this is a terminal, so that programs use
        colours. The caller closes it after starting the program.
        """
        reader, writer = pty.openpty() if self.coloured else os.pipe()
        copy = threading.Thread(target=self._copy, args=(name, reader), name=name, daemon=True)
        copy.start()
        return writer

    def _copy(self, name: str, output: int) -> None:
        prefix = self._prefix(name)
        # Reading from a closed pseudo-terminal raises EIO; a closed pipe returns no data.
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
