"""The application for `celery --app workers`. The import reads the environment."""

import sys

from celery import Celery

from app.core.errors import SettingsError
from app.core.settings import Settings
from workers.application import create_celery


def _from_environment() -> Celery:
    try:
        return create_celery(Settings.load())
    except SettingsError as error:
        sys.exit(str(error))


app = _from_environment()
