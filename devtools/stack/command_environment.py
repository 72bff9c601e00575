"""The environment for a command that uses a running local stack."""

import json
import os
from collections.abc import Mapping

from app.core.errors import AutomationError
from devtools.stack.environment import data_folder, local_environment
from devtools.stack.files import RUN_FILE


class NoLocalStack(AutomationError):
    """No local stack uses the data folder."""


def environment_of_running_stack(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment of the local stack that uses the data folder of `environ`.

    Raises NoLocalStack if no stack uses it.
    """
    folder = data_folder(environ)
    try:
        addresses = json.loads((folder / RUN_FILE).read_text())
    except FileNotFoundError:
        raise NoLocalStack(
            f"No local stack runs in {folder}; start it with `make run`, or name its data folder"
            " in AUTOMATION_DATA_DIR."
        ) from None
    servers = {
        "DATABASE_URL": addresses["database_url"],
        "DATABASE_OWNER_URL": addresses["database_owner_url"] or "",
        "CELERY_BROKER_URL": addresses["broker_url"],
    }
    return local_environment(environ, folder=folder, servers=servers)
