"""The composition root: builds, once per process, what web, workers and command line share."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from random import Random, SystemRandom

from sqlalchemy import Engine
from sqlalchemy.orm import sessionmaker

from app.core.clock import utc_now
from app.core.database import Sessions, create_database_engine
from app.core.encryption import Vault
from app.core.settings import Settings
from app.dispatch.decisions import Rules
from app.dispatch.dispatch import Dispatcher
from app.outbox.retry import RetryPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """Everything that a use case may need, made once and handed in."""

    settings: Settings
    engine: Engine
    sessions: Sessions
    clock: Callable[[], datetime]
    random: Random
    vault: Vault
    dispatcher: Dispatcher

    def close(self) -> None:
        """Return every connection."""
        self.engine.dispose()


def build(
    settings: Settings,
    *,
    process: str,
    clock: Callable[[], datetime] = utc_now,
    random: Random | None = None,
) -> Container:
    """Build the container of one process, which `process` names in logs and in PostgreSQL.

    Nothing connects yet. In a prefork worker this is called after the fork.
    """
    random = random or SystemRandom()
    engine = create_database_engine(
        settings.database_url, notify=settings.notify, application_name=process
    )
    return Container(
        settings=settings,
        engine=engine,
        sessions=sessionmaker(engine, expire_on_commit=False),
        clock=clock,
        random=random,
        vault=Vault(encryption_keys=settings.encryption_keys, secret_key=settings.secret_key),
        dispatcher=_dispatcher(engine, settings, random),
    )


def _dispatcher(engine: Engine, settings: Settings, random: Random) -> Dispatcher:
    policy = RetryPolicy(
        max_attempts=settings.max_attempts,
        base_seconds=settings.retry_base_seconds,
        cap_seconds=settings.retry_cap_seconds,
    )
    rules = Rules(policy, random, force_fail=settings.dispatcher_force_fail)
    return Dispatcher(engine=engine, rules=rules, batch_size=settings.dispatch_batch_size)
