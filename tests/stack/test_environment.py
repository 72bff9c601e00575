"""The default settings and the secrets of the local stack."""

from pathlib import Path

import pytest

from app.core.settings import Settings
from devtools.stack.environment import local_environment
from devtools.stack.files import DataFolderError, locked
from devtools.stack.ports import free_port
from devtools.stack.stack import Stack

SERVERS = {"DATABASE_URL": "postgresql://a@/b", "CELERY_BROKER_URL": "redis://127.0.0.1:1/0"}


def test_the_defaults_and_secrets_are_all_that_the_product_needs(tmp_path: Path) -> None:
    environ = local_environment({}, folder=tmp_path, servers=SERVERS)
    assert Settings.load(environ).trust_role_header


def test_secrets_are_kept_for_the_next_run(tmp_path: Path) -> None:
    first = local_environment({}, folder=tmp_path, servers=SERVERS)
    second = local_environment({}, folder=tmp_path, servers=SERVERS)
    assert first["AUTOMATION_ENCRYPTION_KEYS"] == second["AUTOMATION_ENCRYPTION_KEYS"]


def test_only_the_owner_may_read_the_secrets(tmp_path: Path) -> None:
    local_environment({}, folder=tmp_path, servers=SERVERS)
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_a_variable_of_the_environment_replaces_the_default_of_its_name(tmp_path: Path) -> None:
    given = {"WHATSAPP_API_BASE_URL": "https://elsewhere/v1", "WHATSAPP_APP_SECRET": ""}
    environ = local_environment(given, folder=tmp_path, servers=SERVERS)
    assert environ["WHATSAPP_API_BASE_URL"] == "https://elsewhere/v1"
    assert environ["WHATSAPP_APP_SECRET"]


def test_no_role_header_is_trusted_if_a_variable_leads_to_another_machine(tmp_path: Path) -> None:
    given = {"WHATSAPP_API_BASE_URL": "https://elsewhere/v1"}
    environ = local_environment(given, folder=tmp_path, servers=SERVERS)
    assert not Settings.load(environ).trust_role_header


def test_a_second_run_on_one_data_folder_is_refused(tmp_path: Path) -> None:
    with (
        locked(tmp_path),
        pytest.raises(DataFolderError, match="Another run uses"),
        locked(tmp_path),
    ):
        pass


def test_no_sandbox_is_planned_if_a_graph_api_is_set(tmp_path: Path) -> None:
    ports = {"PORT": str(free_port()), "FLOWER_PORT": str(free_port())}
    ours = Stack.plan(tmp_path, ports)
    theirs = Stack.plan(tmp_path, ports | {"WHATSAPP_API_BASE_URL": "https://elsewhere/v1"})
    assert ours.settings.whatsapp_api_base_url.startswith(ours.sandbox)
    assert theirs.sandbox == ""
    assert theirs.postgres is not None
