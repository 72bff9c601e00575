"""The settings of the local stack: those of the environment, then defaults and kept secrets."""

import json
import os
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path

from cryptography.fernet import Fernet

from app.core.production_rules import local_stack_refusals
from devtools.stack.files import write_private
from devtools.stack.ports import LOOPBACK, free_port, is_free


def data_folder(environ: Mapping[str, str]) -> Path:
    """Return the absolute path of the data folder: AUTOMATION_DATA_DIR, by default `.local`."""
    return Path(environ.get("AUTOMATION_DATA_DIR") or ".local").resolve()


def local_environment(
    environ: Mapping[str, str], *, folder: Path, servers: Mapping[str, str]
) -> dict[str, str]:
    """Return the environment for every program of the local stack.

    A variable that `environ` sets replaces the default of the same name. `servers` holds
    the addresses of the embedded servers, by the name of the setting. The role header is trusted
    unless a variable leads to another machine.
    """
    given = {name: value for name, value in environ.items() if value}
    port = given.get("PORT", "3001")
    sandbox_port = given.get("SANDBOX_PORT") or _kept_port(folder / "sandbox.port")
    defaults = {
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
        "BIND": LOOPBACK,
        "AUTOMATION_LOG_FORMAT": "text",
        "AUTOMATION_TRUST_ROLE_HEADER": "1",
        "AUTOMATION_PUBLIC_URL": f"http://localhost:{port}",
        "AUTOMATION_NOTIFICATION_NETWORKS": "127.0.0.0/8,::1/128",
        "SANDBOX_PORT": sandbox_port,
        "SANDBOX_STATE": str(folder / "sandbox.json"),
        "SANDBOX_WEBHOOK_URL": f"http://{LOOPBACK}:{port}/webhooks/whatsapp",
        "WHATSAPP_API_BASE_URL": f"http://{LOOPBACK}:{sandbox_port}/v26.0",
    }
    forced = {"AUTOMATION_DATA_DIR": str(folder), "PATH": _path(given)}
    environment = {**defaults, **_secrets(folder / "secrets.json"), **servers, **given, **forced}
    if "AUTOMATION_TRUST_ROLE_HEADER" not in given and any(local_stack_refusals(environment)):
        environment["AUTOMATION_TRUST_ROLE_HEADER"] = "0"
    return environment


def _path(given: Mapping[str, str]) -> str:
    """Return the search path, with the folder of the running Python interpreter first."""
    return os.pathsep.join([str(Path(sys.executable).parent), given.get("PATH", os.defpath)])


def _kept_port(path: Path) -> str:
    """Return the port of the last run, so that an open page of the phone stays valid.

    On the first run, or if another program has the port, choose a free one and keep it.
    """
    kept = path.read_text() if path.exists() else ""
    if kept.isdecimal() and is_free(int(kept)):
        return kept
    port = str(free_port())
    write_private(path, port)
    return port


def _secrets(path: Path) -> dict[str, str]:
    """Return the secrets of this data folder; generate and store them on the first run."""
    if path.exists():
        kept: dict[str, str] = json.loads(path.read_text())
        return kept
    made = {
        "AUTOMATION_SECRET_KEY": secrets.token_urlsafe(48),
        "AUTOMATION_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "WHATSAPP_VERIFY_TOKEN": secrets.token_urlsafe(24),
        "WHATSAPP_APP_SECRET": secrets.token_hex(16),
        "WHATSAPP_ACCESS_TOKEN": secrets.token_urlsafe(48),
        "WHATSAPP_PHONE_NUMBER_ID": str(10**14 + secrets.randbelow(10**14)),
        "FLOWER_BASIC_AUTH": f"admin:{secrets.token_urlsafe(12)}",
    }
    write_private(path, json.dumps(made, indent=2))
    return made
