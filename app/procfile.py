"""The Procfile: one line for each process of the product, `name: shell command`."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
"""The folder of the Procfile, in which its commands run."""


def commands(path: Path = ROOT / "Procfile") -> dict[str, str]:
    """Return the command of each process, in the order of the file."""
    lines = (line.partition(":") for line in path.read_text().splitlines() if line.strip())
    return {name.strip(): command.strip() for name, _, command in lines}


def shell(command: str) -> list[str]:
    """Return the argument list that runs a command of the Procfile."""
    return ["/bin/sh", "-c", command]
