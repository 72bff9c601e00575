"""Deliver one notification: a call to a webhook, or an e-mail. Never raises for the other side."""

import smtplib
from dataclasses import dataclass, field
from email.message import EmailMessage
from http import HTTPStatus
from ssl import create_default_context

import httpx

from app.core.loopback import is_loopback
from app.notifications.addresses import AddressRules, ForbiddenAddress, UnknownHost
from app.notifications.compose import News, email_text, slack_body, webhook_body
from app.notifications.models import ChannelKind
from app.notifications.signature import signed_headers
from app.outbound.outcomes import Away, NoAnswer, Outcome, Refused, Sent, Throttled
from app.outbound.providers import retry_after

TIMEOUT = httpx.Timeout(5.0, connect=3.0, pool=1.0)
"""Seconds for each phase of a call; the sender limits the whole call."""
SMTP_SECONDS = 5.0

_GONE = frozenset(
    {
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.GONE,
    }
)
"""Answers about the endpoint, not about one notification."""
_PERMANENT = 500
"""SMTP: a reply code from here on will be the same next time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where a notification goes, decrypted."""

    kind: ChannelKind
    target: str = field(repr=False)
    secret: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """The server that takes e-mails. Without TLS it must be on this machine."""

    host: str
    port: int
    sender: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    is_tls: bool = False


class Deliverer:
    """Delivers to every kind of channel. It is thread-safe. Call `close` at the end.

    It follows no redirect, uses no proxy of the environment, and does not read the answer's body.
    """

    __slots__ = ("_http", "_mail_server", "_rules")

    def __init__(self, rules: AddressRules, mail_server: MailServer | None) -> None:
        self._rules = rules
        self._mail_server = mail_server
        # A kept connection belongs to an address, and two hosts may share it with other names.
        limits = httpx.Limits(max_keepalive_connections=0)
        self._http = httpx.Client(timeout=TIMEOUT, trust_env=False, limits=limits)

    def deliver(self, to: Destination, news: News) -> Outcome:
        """Deliver `news`; return the outcome, also of a failed call."""
        match to.kind:
            case ChannelKind.SLACK:
                return self._post(to.target, slack_body(news), {})
            case ChannelKind.WEBHOOK:
                body = webhook_body(news)
                signed = signed_headers(to.secret or "", message_id=news.id, at=news.at, body=body)
                return self._post(to.target, body, signed)
            case ChannelKind.EMAIL:
                return self._mail(to.target, news)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _post(self, url: str, body: bytes, headers: dict[str, str]) -> Outcome:
        try:
            checked = self._rules.resolve(url)
        except UnknownHost as error:
            return Away(str(error))
        except ForbiddenAddress as error:
            return Away(str(error), is_certain=True)
        more = {"Host": checked.parts.netloc, "Content-Type": "application/json"}
        try:
            with self._http.stream(
                "POST",
                checked.to_connect,
                content=body,
                headers={**headers, **more},
                extensions={"sni_hostname": checked.host},
            ) as answer:
                return outcome_of_answer(answer)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            return Away("No connection to the host.")
        except httpx.HTTPError:
            return NoAnswer("The host did not answer in time.")

    def _mail(self, to: str, news: News) -> Outcome:
        server = self._mail_server
        if server is None:
            return Away("AUTOMATION_SMTP_URL is not set.", is_certain=True)
        try:
            with _connect(server) as smtp:
                _secure(smtp, server)
                smtp.send_message(_email(server, to, news))
        except smtplib.SMTPRecipientsRefused as error:
            code, reply = next(iter(error.recipients.values()))
            return _outcome_of_reply(code, reply, is_about_message=True)
        except smtplib.SMTPResponseException as error:
            return _outcome_of_reply(
                error.smtp_code,
                error.smtp_error,
                is_about_message=isinstance(error, smtplib.SMTPDataError),
            )
        except (TimeoutError, smtplib.SMTPServerDisconnected):
            return NoAnswer("The mail server did not answer in time.")
        except (OSError, smtplib.SMTPException):
            return Away("No usable connection to the mail server.")
        return Sent(news.id)


def outcome_of_answer(answer: httpx.Response) -> Outcome:
    """Return the outcome for the status of an answer."""
    status = answer.status_code
    match status:
        case _ if answer.is_success:
            return Sent("")
        case HTTPStatus.TOO_MANY_REQUESTS:
            return Throttled("The host limits our rate (429).", status, retry_after(answer))
        case _ if status in _GONE:
            return Away(f"The host does not accept this URL ({status}).", status, is_certain=True)
        case _ if answer.is_redirect:
            reason = f"The host redirects ({status}), and redirects are not followed."
            return Away(reason, status, is_certain=True)
        case _ if answer.is_server_error:
            return Away(f"The host answers with an error of its own ({status}).", status)
        case _:
            return Refused(f"The host refused this notification ({status}).", status)


def _connect(server: MailServer) -> smtplib.SMTP:
    if server.is_tls:
        context = create_default_context()
        return smtplib.SMTP_SSL(server.host, server.port, timeout=SMTP_SECONDS, context=context)
    return smtplib.SMTP(server.host, server.port, timeout=SMTP_SECONDS)


def _secure(smtp: smtplib.SMTP, server: MailServer) -> None:
    if not server.is_tls and not is_loopback(server.host):
        smtp.starttls(context=create_default_context())
    if server.username:
        smtp.login(server.username, server.password or "")


def _email(server: MailServer, to: str, news: News) -> EmailMessage:
    message = EmailMessage()
    message["From"] = server.sender
    message["To"] = to
    message["Subject"] = news.headline
    message["Date"] = news.at
    message["Message-ID"] = f"<{news.id}@{server.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(email_text(news))
    return message


def _outcome_of_reply(code: int, reply: bytes | str, *, is_about_message: bool) -> Outcome:
    """Return the outcome for a reply of the mail server that is not a success."""
    text = reply.decode(errors="replace") if isinstance(reply, bytes) else reply
    reason = f"The mail server answered {code}: {text[:200]}"
    if code >= _PERMANENT and is_about_message:
        return Refused(reason, code)
    return Away(reason, code, is_certain=code >= _PERMANENT)
