"""Builds wheels without code, with the name and requirements of real packages."""

import hashlib
import zipfile
from importlib.metadata import Distribution
from pathlib import Path

_METADATA = ("Requires-Dist", "Provides-Extra")
_WHEEL = "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def stand_in(folder: Path, original: Distribution, version: str) -> str:
    """Write a wheel of `version` with the requirements of `original`; return its SHA-256."""
    name = original.name.replace("-", "_").replace(".", "_")
    info = f"{name}-{version}.dist-info"
    lines = ["Metadata-Version: 2.1", f"Name: {original.name}", f"Version: {version}"]
    for field in _METADATA:
        lines += [f"{field}: {value}" for value in original.metadata.get_all(field) or ()]
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"{info}/METADATA", "\n".join([*lines, ""]))
        wheel.writestr(f"{info}/WHEEL", _WHEEL)
        wheel.writestr(f"{info}/RECORD", f"{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
    return hashlib.sha256(path.read_bytes()).hexdigest()
