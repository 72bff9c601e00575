"""Settings for a command that is called beside a running local stack."""

import json
import os
from collections.abc import Mapping

from app.core.errors import AutomationError
from app.core.settings import Settings
from app.local.environment import data_folder, local_environment
from app.local.files import RUN_FILE


class NoDatabaseNamed(AutomationError):
    """Neither the environment nor a running local stack names a database."""


def settings_of_running_stack(environ: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings of the local stack that runs in the data folder of `environ`.

    Raises NoDatabaseNamed, in one sentence, if none runs there.
    """
    folder = data_folder(environ)
    try:
        addresses = json.loads((folder / RUN_FILE).read_text())
    except FileNotFoundError:
        raise NoDatabaseNamed(
            f"No local stack runs in {folder}; start it with `make run`, name its data folder"
            " in AUTOMATION_DATA_DIR, or set DATABASE_URL and the other settings."
        ) from None
    servers = {
        "DATABASE_URL": addresses["database_url"],
        "DATABASE_OWNER_URL": addresses["database_owner_url"] or "",
        "CELERY_BROKER_URL": addresses["broker_url"],
    }
    return Settings.load(local_environment(environ, folder=folder, servers=servers))
