"""The words of messages, for people: redacted, and never a code."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from app.core.encryption import UndecryptableValue, Vault
from app.core.redaction import redact_prose
from app.outbound.messages import Message, Text, load
from app.outbound.models import OutboundJob, OutboundKind
from app.outbound.templates import fill_template

UNREADABLE_TEXT = "(Its text can't be decrypted: the key that encrypted it is missing.)"


def words_of(message: Message) -> str:
    """Return the words that a customer reads."""
    return message.body if isinstance(message, Text) else fill_template(message)


def words_of_jobs(jobs: Iterable[OutboundJob], vault: Vault) -> dict[int, str]:
    """Return the redacted words of jobs by id. A job that sends a code has none."""
    return {job.id: _words_of(job, vault) for job in jobs if job.text_encrypted is not None}


def words_of_job(session: Session, job_id: int, vault: Vault) -> str | None:
    """Return the redacted words of one job; None if it sends a code."""
    return words_of_jobs([session.get_one(OutboundJob, job_id)], vault).get(job_id)


def _words_of(job: OutboundJob, vault: Vault) -> str:
    try:
        text = vault.decrypt(job.text_encrypted or "")
    except UndecryptableValue:
        return UNREADABLE_TEXT
    return redact_prose(words_of(load(OutboundKind(job.kind), text)))
