"""The composition root: builds the container that web, workers and command line use."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random, SystemRandom
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from sqlalchemy import Engine
from sqlalchemy.orm import sessionmaker

from app.core.clock import utc_now
from app.core.database import Sessions, create_database_engine
from app.core.encryption import Vault
from app.core.retry import RetryPolicy
from app.core.settings import Settings
from app.dispatch.decisions import DispatchRules
from app.dispatch.dispatch import Dispatcher
from app.dispatch.draft_coverage import check_draft_coverage
from app.fraud.answer_limits import AnswerLimits
from app.fraud.challenges import otp_composer
from app.inbound.acceptance import Acceptance
from app.inbound.take_in import Inbound
from app.notifications.addresses import AddressRules
from app.notifications.claim_turns import NotificationRules
from app.notifications.deliver import Deliverer, MailServer
from app.notifications.manage_channels import Guard
from app.notifications.send import Notifier
from app.notifications.settle_turns import Settling
from app.outbound.claim_jobs import Composers
from app.outbound.decisions import OutboundRules
from app.outbound.models import OutboundKind
from app.outbound.providers import WhatsAppProvider
from app.outbound.runner import OutboundRunner

SMTPS_PORT = 465
SUBMISSION_PORT = 587


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """The objects that use cases need. One per process."""

    settings: Settings
    engine: Engine
    sessions: Sessions
    clock: Callable[[], datetime]
    random: Random
    vault: Vault
    dispatcher: Dispatcher
    outbound: OutboundRunner
    inbound: Inbound
    notifier: Notifier
    channel_guard: Guard

    def close(self) -> None:
        """Close all connections."""
        self.outbound.provider.close()
        self.notifier.deliverer.close()
        self.engine.dispose()


def build(
    settings: Settings,
    *,
    process: str,
    clock: Callable[[], datetime] = utc_now,
    random: Random | None = None,
) -> Container:
    """Build the container of one process. It opens no connection.

    `process` is the name of the process in logs and in PostgreSQL. A prefork worker must
    call this after the fork. Raises MissingDraft if an event type has no draft.
    """
    check_draft_coverage()
    random = random or SystemRandom()
    engine = create_database_engine(
        settings.database_url, notify=settings.notify, application_name=process
    )
    sessions = sessionmaker(engine, expire_on_commit=False)
    vault = Vault(
        encryption_keys=[key.get_secret_value() for key in settings.encryption_keys],
        secret_key=settings.secret_key.get_secret_value(),
    )
    composers = Composers(vault, {OutboundKind.OTP: otp_composer(vault, clock)})
    outbound = _outbound(sessions, settings, random, composers)
    addresses = AddressRules(settings.notification_networks or ())
    return Container(
        settings=settings,
        engine=engine,
        sessions=sessions,
        clock=clock,
        random=random,
        vault=vault,
        dispatcher=_dispatcher(engine, settings, random),
        outbound=outbound,
        inbound=Inbound(
            sessions=sessions,
            vault=vault,
            clock=clock,
            rules=outbound.rules,
            limits=AnswerLimits(
                unverified_per_hour=settings.unverified_per_hour,
                wrong_codes_per_day=settings.wrong_codes_per_day,
            ),
            acceptance=Acceptance(
                settings.whatsapp_phone_number_id, timedelta(hours=settings.webhook_max_age_hours)
            ),
            quarantine_days=settings.quarantine_days,
            verification_lifetime=timedelta(hours=settings.verification_expires_hours),
        ),
        notifier=_notifier(sessions, settings, random, vault, addresses),
        channel_guard=Guard(vault, addresses),
    )


def _dispatcher(engine: Engine, settings: Settings, random: Random) -> Dispatcher:
    policy = RetryPolicy(
        max_attempts=settings.max_attempts,
        base_seconds=settings.retry_base_seconds,
        cap_seconds=settings.retry_cap_seconds,
    )
    rules = DispatchRules(policy, random, force_fail=settings.dispatcher_force_fail)
    return Dispatcher(engine=engine, rules=rules, batch_size=settings.dispatch_batch_size)


def _outbound(
    sessions: Sessions, settings: Settings, random: Random, composers: Composers
) -> OutboundRunner:
    policy = RetryPolicy(
        max_attempts=settings.outbound_max_attempts,
        base_seconds=settings.outbound_retry_base_seconds,
        cap_seconds=settings.retry_cap_seconds,
    )
    provider = WhatsAppProvider(
        base_url=settings.whatsapp_api_base_url,
        access_token=settings.whatsapp_access_token.get_secret_value(),
        phone_number_id=settings.whatsapp_phone_number_id,
    )
    rules = OutboundRules(policy, random, per_second=settings.outbound_per_second)
    return OutboundRunner(sessions=sessions, rules=rules, composers=composers, provider=provider)


def _notifier(
    sessions: Sessions,
    settings: Settings,
    random: Random,
    vault: Vault,
    addresses: AddressRules,
) -> Notifier:
    policy = RetryPolicy(
        max_attempts=settings.outbound_max_attempts,
        base_seconds=settings.outbound_retry_base_seconds,
        cap_seconds=settings.retry_cap_seconds,
    )
    zone = ZoneInfo(settings.timezone)
    base_url = settings.public_url or ""
    return Notifier(
        sessions=sessions,
        rules=NotificationRules(policy=policy, zone=zone, base_url=base_url),
        settling=Settling(policy, random),
        vault=vault,
        deliverer=Deliverer(addresses, _mail_server(settings)),
    )


def _mail_server(settings: Settings) -> MailServer | None:
    if settings.smtp_url is None:
        return None
    parts = urlsplit(settings.smtp_url.get_secret_value())
    is_tls = parts.scheme == "smtps"
    host = parts.hostname or ""
    return MailServer(
        host=host,
        port=parts.port or (SMTPS_PORT if is_tls else SUBMISSION_PORT),
        sender=settings.mail_from or f"automation@{host}",
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        is_tls=is_tls,
    )
