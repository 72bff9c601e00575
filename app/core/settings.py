"""The settings of the product, read from the environment and checked at start."""

import os
from collections.abc import Iterable, Mapping
from datetime import time
from difflib import get_close_matches
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cryptography.fernet import Fernet
from pydantic import (
    AliasChoices,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from app.core.errors import SettingsError
from app.core.production_rules import local_stack_refusals, production_refusals
from app.core.secret_files import with_files_read


def _split(value: object) -> object:
    return tuple(part for part in value.split(",") if part) if isinstance(value, str) else value


Port = Annotated[int, Field(ge=1, le=65535)]
SecretKeys = Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(_split)]
Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_split)]

_PREFIX = "AUTOMATION_"


def _automation(name: str, default: Any = ..., **limits: Any) -> Any:
    """Declare a setting whose variable has the prefix `AUTOMATION_`."""
    return Field(default, validation_alias=f"{_PREFIX}{name}", **limits)


def _plain(name: str, default: Any = ..., **limits: Any) -> Any:
    """Declare a setting whose variable has no prefix."""
    return Field(default, validation_alias=AliasChoices(name), **limits)


class Settings(BaseSettings):
    """The parsed environment. The name of a duration ends with its unit.

    `repr` shows no secret: keys, tokens and passwords are SecretStr, and addresses are
    left out, because they may contain a password.
    """

    model_config = SettingsConfigDict(frozen=True, extra="ignore", case_sensitive=True)

    database_url: str = _plain("DATABASE_URL", repr=False)
    database_owner_url: str | None = _plain("DATABASE_OWNER_URL", default=None, repr=False)
    celery_broker_url: str = _plain("CELERY_BROKER_URL", repr=False)
    port: Port = _plain("PORT", default=3001)
    flower_port: Port = _plain("FLOWER_PORT", default=5555)

    whatsapp_verify_token: SecretStr = _plain("WHATSAPP_VERIFY_TOKEN", min_length=1)
    whatsapp_app_secret: SecretStr = _plain("WHATSAPP_APP_SECRET", min_length=1)
    whatsapp_access_token: SecretStr = _plain("WHATSAPP_ACCESS_TOKEN", min_length=1)
    whatsapp_phone_number_id: str = _plain("WHATSAPP_PHONE_NUMBER_ID", pattern=r"^\d+$")
    whatsapp_api_base_url: str = _plain(
        "WHATSAPP_API_BASE_URL",
        default="https://graph.facebook.com/v26.0",
        pattern=r"^https?://\S+$",
    )

    dispatcher_force_fail: bool = _automation("DISPATCHER_FORCE_FAIL", default=False)
    max_attempts: int = _automation("MAX_ATTEMPTS", default=10, ge=1, le=100)
    retry_base_seconds: float = _automation("RETRY_BASE_SECONDS", default=30.0, gt=0)
    retry_cap_seconds: float = _automation("RETRY_CAP_SECONDS", default=3600.0, gt=0)
    dispatch_batch_size: int = _automation("DISPATCH_BATCH_SIZE", default=1000, ge=1, le=10_000)
    dispatch_concurrency: int = _automation("DISPATCH_CONCURRENCY", default=2, ge=1, le=64)
    relay_interval_seconds: float = _automation(
        "RELAY_INTERVAL_SECONDS", default=1.0, ge=0.1, le=60
    )
    notify: bool = _automation("NOTIFY", default=True)
    outbound_max_attempts: int = _automation("OUTBOUND_MAX_ATTEMPTS", default=5, ge=1, le=100)
    outbound_retry_base_seconds: float = _automation(
        "OUTBOUND_RETRY_BASE_SECONDS", default=10.0, gt=0
    )
    outbound_per_second: int = _automation("OUTBOUND_PER_SECOND", 40, ge=1, le=1000)
    unverified_per_hour: int = _automation("UNVERIFIED_PER_HOUR", default=3000, ge=1)
    wrong_codes_per_day: int = _automation("WRONG_CODES_PER_DAY", default=2000, ge=1)
    quarantine_days: int = _automation("QUARANTINE_DAYS", default=30, ge=1, le=365)
    verification_expires_hours: int = _automation(
        "VERIFICATION_EXPIRES_HOURS", default=24, ge=1, le=8_760
    )
    otp_stuck_minutes: int = _automation("OTP_STUCK_MINUTES", default=30, ge=1, le=10_080)
    otp_stuck_every_minutes: int = _automation("OTP_STUCK_EVERY_MINUTES", default=15, ge=1, le=60)
    daily_summary_at: time = _automation("DAILY_SUMMARY_AT", default=time(9))
    business_day_starts_at: time = _automation("BUSINESS_DAY_STARTS_AT", default=time(9))
    business_day_ends_at: time = _automation("BUSINESS_DAY_ENDS_AT", default=time(18))
    timezone: str = _automation("TIMEZONE", default="UTC")
    retention_days: int = _automation("RETENTION_DAYS", default=90, ge=1)
    webhook_max_age_hours: int = _automation("WEBHOOK_MAX_AGE_HOURS", default=168, ge=1, le=8_760)
    secret_key: SecretStr = _automation("SECRET_KEY", min_length=32)
    encryption_keys: SecretKeys = _automation("ENCRYPTION_KEYS", min_length=1)
    admin_username: str = _automation("ADMIN_USERNAME", default="admin", min_length=1)
    admin_password: SecretStr | None = _automation("ADMIN_PASSWORD", default=None, min_length=12)
    public_url: str | None = _automation("PUBLIC_URL", default=None, pattern=r"^https?://[^\s/]+$")
    notification_networks: Networks | None = _automation("NOTIFICATION_NETWORKS", default=None)
    smtp_url: SecretStr | None = _automation("SMTP_URL", default=None)
    mail_from: str | None = _automation("MAIL_FROM", default=None, pattern=r"^\S+@\S+\.\S+$")
    trusted_proxies: int = _automation("TRUSTED_PROXIES", default=0, ge=0, le=10)
    trust_role_header: bool = _automation("TRUST_ROLE_HEADER", default=False)
    log_format: Literal["auto", "json", "text"] = _automation("LOG_FORMAT", default="auto")
    data_dir: Path = _automation("DATA_DIR", default=Path(".local"))

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic-settings' signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Use only the arguments. `load` reads the environment and passes it as arguments."""
        return (init_settings,)

    @classmethod
    def load(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """Read the settings from `environ`; an empty variable counts as unset.

        Names are case-sensitive. Secrets and addresses may stand in files (`secret_files`). Raises
        SettingsError with one sentence that names the first bad or unknown variable. It does not
        contain the value, which may be a secret.
        """
        given = with_files_read({name: text for name, text in environ.items() if text})
        _refuse_unknown(given, known=cls.variables())
        source = EnvSettingsSource(cls)
        source.env_vars = given
        try:
            settings = cls(**source())
        except ValidationError as error:
            raise SettingsError(_sentence(error)) from None
        rules = local_stack_refusals if settings.trust_role_header else production_refusals
        for refusal in rules(given):
            raise SettingsError(refusal)
        return settings

    @classmethod
    def variables(cls) -> dict[str, str]:
        """Return the name of the field for each environment variable."""
        return {_variable(name, cls): name for name in cls.model_fields}

    @field_validator("database_url", "database_owner_url")
    @classmethod
    def _is_psycopg_url(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            url = make_url(value)
        except ArgumentError:
            raise ValueError("must be a URL like postgresql://user@host/database") from None
        if url.get_backend_name() not in {"postgresql", "postgres"}:
            raise ValueError("must be a PostgreSQL URL like postgresql://user@host/database")
        return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)

    @field_validator("smtp_url")
    @classmethod
    def _is_smtp_url(cls, value: SecretStr | None) -> SecretStr | None:
        parts = urlsplit(value.get_secret_value()) if value else None
        if parts and (parts.scheme not in {"smtp", "smtps"} or not parts.hostname):
            raise ValueError("must be a URL like smtp://user:password@host:587 or smtps://host")
        return value

    @field_validator("timezone")
    @classmethod
    def _is_known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("must be an IANA time zone such as Europe/Madrid") from None
        return value

    @field_validator("otp_stuck_every_minutes")
    @classmethod
    def _divides_an_hour(cls, value: int) -> int:
        if 60 % value:
            raise ValueError("must divide an hour: 1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30 or 60")
        return value

    @field_validator("daily_summary_at", "business_day_starts_at", "business_day_ends_at")
    @classmethod
    def _is_a_full_minute(cls, value: time) -> time:
        if value.tzinfo or value.second or value.microsecond:
            raise ValueError("must be a time of day such as 09:00, in AUTOMATION_TIMEZONE")
        return value

    @field_validator("webhook_max_age_hours")
    @classmethod
    def _is_within_retention(cls, value: int, info: ValidationInfo) -> int:
        if value > info.data.get("retention_days", value) * 24:
            raise ValueError("must not exceed AUTOMATION_RETENTION_DAYS, or a replay could succeed")
        return value

    @field_validator("encryption_keys")
    @classmethod
    def _are_fernet_keys(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        try:
            for key in value:
                Fernet(key.get_secret_value())
        except ValueError:
            raise ValueError(
                "must be Fernet keys (32 url-safe base64 bytes each), newest first,"
                " separated by commas"
            ) from None
        return value


def _variable(field: str, settings: type[BaseSettings]) -> str:
    alias = settings.model_fields[field].validation_alias
    return str(alias.choices[0]) if isinstance(alias, AliasChoices) else str(alias)


def _refuse_unknown(given: Iterable[str], *, known: Iterable[str]) -> None:
    """Refuse a variable with our prefix that is not a setting. It would have no effect."""
    ours = [name for name in known if name.startswith(_PREFIX)]
    for name in sorted(given):
        if name.startswith(_PREFIX) and name not in ours:
            nearest = get_close_matches(name, ours, n=1, cutoff=0)[0]
            raise SettingsError(f"There is no setting {name}; the nearest name is {nearest}.")


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    name = str(first["loc"][0])
    if first["type"] == "missing":
        return f"The setting {name} is missing; set it in the environment."
    reason = str(first["msg"]).removeprefix("Value error, ")
    return f"The setting {name} is malformed: {reason[0].lower()}{reason[1:].rstrip('.')}."
