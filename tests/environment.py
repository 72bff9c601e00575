"""Convert settings to environment variables."""

from app.core.settings import Settings


def environment_of(settings: Settings) -> dict[str, str]:
    """Return every variable of `settings`; an empty text where nothing is set."""
    return {
        variable: _text(getattr(settings, name)) for variable, name in settings.variables().items()
    }


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return ",".join(_text(each) for each in value)
    return str(getattr(value, "get_secret_value", lambda: value)())
