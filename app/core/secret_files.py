"""Settings from files: `NAME_FILE` has the path of a file with the value of `NAME`.

A container gets its secrets as files, so that no environment of a process shows them.
"""

from collections.abc import Mapping
from pathlib import Path

from app.core.errors import SettingsError

SUFFIX = "_FILE"

FROM_FILES = (
    *("DATABASE_URL", "DATABASE_OWNER_URL", "CELERY_BROKER_URL"),
    *("WHATSAPP_VERIFY_TOKEN", "WHATSAPP_APP_SECRET", "WHATSAPP_ACCESS_TOKEN"),
    *("AUTOMATION_SECRET_KEY", "AUTOMATION_ENCRYPTION_KEYS", "AUTOMATION_ADMIN_PASSWORD"),
    "AUTOMATION_SMTP_URL",
)
"""The settings that may stand in files."""


def with_files_read(given: Mapping[str, str]) -> dict[str, str]:
    """Return `given` with the content of each file in place of its path.

    The newline at the end of a file does not count. Raises SettingsError if a setting is given
    twice, or if its file can't be read or is empty.
    """
    values = dict(given)
    for name in FROM_FILES:
        path = values.pop(name + SUFFIX, None)
        if path is None:
            continue
        if name in values:
            raise SettingsError(f"Both {name} and {name}{SUFFIX} are set; remove one of them.")
        values[name] = _content(path, name + SUFFIX)
    return values


def _content(path: str, variable: str) -> str:
    try:
        text = Path(path).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not a text"
        raise SettingsError(f"The file of {variable} can't be read: {reason}.") from None
    if not text:
        raise SettingsError(f"The file of {variable} is empty.")
    return text
