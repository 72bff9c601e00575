"""Run the sandbox with the settings of the local stack until SIGTERM or SIGINT."""

import os
import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

from app.core.errors import SettingsError
from devtools.whatsapp_sandbox.memory import Memory
from devtools.whatsapp_sandbox.network import SandboxConfig
from devtools.whatsapp_sandbox.server import is_on_this_machine, serve

SAVE_SECONDS = 1.0


def main() -> None:
    """Serve until SIGTERM or SIGINT. Print one sentence and exit if a setting is wrong."""
    done = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: done.set())
    try:
        config, port = read_config(os.environ)
        with serve(config, port=port) as sandbox:
            memory = Memory(state_file(os.environ), sandbox.network.phones)
            print(f"The customer's phone is at {sandbox.url}", flush=True)
            while not done.wait(SAVE_SECONDS):
                memory.save()
            memory.save()
    except (SettingsError, OSError) as error:
        sys.exit(str(error))


def read_config(environ: Mapping[str, str]) -> tuple[SandboxConfig, int]:
    """Return configuration and port.

    Raises SettingsError if a setting is missing or malformed, or if a URL names another
    machine. The sandbox signs webhooks as Meta does, so it must not reach a production
    system.
    """
    webhook_url = _required(environ, "SANDBOX_WEBHOOK_URL")
    for name in ("SANDBOX_WEBHOOK_URL", "WHATSAPP_API_BASE_URL"):
        if environ.get(name) and not is_on_this_machine(environ[name]):
            raise SettingsError(
                f"The setting {name} names another machine; the sandbox works only on this one."
            )
    config = SandboxConfig(
        webhook_url=webhook_url,
        access_token=_required(environ, "WHATSAPP_ACCESS_TOKEN"),
        app_secret=_required(environ, "WHATSAPP_APP_SECRET"),
        phone_number_id=_required(environ, "WHATSAPP_PHONE_NUMBER_ID"),
    )
    return config, _port(_required(environ, "SANDBOX_PORT"))


def state_file(environ: Mapping[str, str]) -> Path:
    """Return the file that keeps the conversations. Raises SettingsError if it is not set."""
    return Path(_required(environ, "SANDBOX_STATE"))


def _required(environ: Mapping[str, str], name: str) -> str:
    if not environ.get(name):
        raise SettingsError(f"The setting {name} is missing; set it in the environment.")
    return environ[name]


def _port(text: str) -> int:
    if not (text.isdecimal() and 0 < int(text) < 2**16):
        raise SettingsError("The setting SANDBOX_PORT is malformed: it must be 1 to 65535.")
    return int(text)


if __name__ == "__main__":
    main()
