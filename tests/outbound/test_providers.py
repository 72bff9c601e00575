"""The provider client over real HTTP: every answer becomes an outcome."""

import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from app.customers.identity import Identity
from app.outbound import providers
from app.outbound.messages import Template, Text
from app.outbound.outcomes import Away, NoAnswer, Outcome, Refused, Sent, Throttled
from app.outbound.providers import WhatsAppProvider
from app.outbound.reasons import TIMED_OUT, UNREACHABLE, UNREADABLE
from app.outbound.templates import fill_template
from devtools.stack.ports import free_port
from devtools.whatsapp_sandbox.faults import Fault, FaultKind
from devtools.whatsapp_sandbox.server import RunningSandbox
from tests.conftest import SECRETS

HELLO = Text("hello")


def provider_at(base_url: str, token: str = SECRETS["WHATSAPP_ACCESS_TOKEN"]) -> WhatsAppProvider:
    return WhatsAppProvider(
        base_url=base_url,
        access_token=token,
        phone_number_id=SECRETS["WHATSAPP_PHONE_NUMBER_ID"],
    )


@pytest.fixture
def provider(sandbox: RunningSandbox) -> Iterator[WhatsAppProvider]:
    provider = provider_at(sandbox.api_base_url)
    yield provider
    provider.close()


def send(provider: WhatsAppProvider, to: str) -> Outcome:
    return provider.send(HELLO, to=Identity(number=to), tracker="1:2")


def test_a_message_arrives_with_its_tracker(
    provider: WhatsAppProvider, sandbox: RunningSandbox
) -> None:
    outcome = send(provider, "+34600111222")
    (message,) = sandbox.network.phones.open("34600111222").messages
    assert outcome == Sent(message.id)
    assert (message.text, message.tracker) == ("hello", "1:2")


def test_a_template_arrives_with_its_parameters(
    provider: WhatsAppProvider, sandbox: RunningSandbox
) -> None:
    template = Template("case_news", "en", ("42",))
    assert isinstance(
        provider.send(template, to=Identity(number="+34600111222"), tracker="1:2"), Sent
    )
    assert sandbox.network.phones.open("34600111222").messages[0].text == fill_template(template)


def test_a_number_out_of_reach_is_refused_in_words(provider: WhatsAppProvider) -> None:
    outcome = send(provider, "+15550131026")
    assert isinstance(outcome, Refused)
    assert outcome.code == 131026
    assert "not on WhatsApp" in outcome.reason


def test_a_rate_limit_says_how_long_to_wait(provider: WhatsAppProvider) -> None:
    outcome = send(provider, "+15550130429")
    assert isinstance(outcome, Throttled)
    assert (outcome.code, outcome.retry_after, outcome.everyone) == (130429, 5, True)


def test_a_limit_of_one_recipient_is_known_as_such(provider: WhatsAppProvider) -> None:
    outcome = send(provider, "+15550131056")
    assert isinstance(outcome, Throttled)
    assert (outcome.retry_after, outcome.everyone) == (None, False)


def test_a_bare_server_error_is_a_fault_of_the_provider(provider: WhatsAppProvider) -> None:
    outcome = send(provider, "+15550000500")
    assert isinstance(outcome, Away)
    assert outcome.code == 500


def test_a_wrong_token_is_a_certain_fault_with_a_sentence(sandbox: RunningSandbox) -> None:
    provider = provider_at(sandbox.api_base_url, token="wrong")
    outcome = send(provider, "+34600111222")
    provider.close()
    assert outcome == Away(
        "WhatsApp did not accept our access token; renew it in the settings.",
        190,
        is_certain=True,
    )


def test_a_broken_connection_leaves_the_outcome_open(
    provider: WhatsAppProvider, sandbox: RunningSandbox
) -> None:
    assert send(provider, "+15553000000") == NoAnswer(TIMED_OUT)
    assert len(sandbox.network.phones.open("15553000000").messages) == 1


def test_a_late_answer_leaves_the_outcome_open(
    sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(providers, "TIMEOUT", httpx.Timeout(0.2))
    sandbox.network.phones.plan("34600111222", Fault(kind=FaultKind.HANG, seconds=0.5), times=1)
    provider = provider_at(sandbox.api_base_url)
    outcome = send(provider, "+34600111222")
    provider.close()
    assert outcome == NoAnswer(TIMED_OUT)


def test_a_refused_connection_means_that_nothing_was_sent() -> None:
    provider = provider_at(f"http://127.0.0.1:{free_port()}/v26.0")
    outcome = send(provider, "+34600111222")
    provider.close()
    assert outcome == Away(UNREACHABLE)


@pytest.mark.parametrize(
    "answer, outcome",
    [
        (b"200 OK\r\nContent-Length: 2\r\n\r\n{}", NoAnswer(UNREADABLE)),
        (b"200 OK\r\nContent-Length: 4\r\n\r\nnull", NoAnswer(UNREADABLE)),
        (b"200 OK\r\nContent-Length: 3\r\n\r\nyes", NoAnswer(UNREADABLE)),
        (b"302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n", NoAnswer(UNREADABLE)),
        (b"502 Bad Gateway\r\nContent-Length: 3\r\n\r\nbad", NoAnswer(UNREADABLE)),
        (b'400 Bad\r\nContent-Length: 14\r\n\r\n{"error": "x"}', NoAnswer(UNREADABLE)),
        (b'400 Bad\r\nContent-Length: 13\r\n\r\n{"error": {}}', NoAnswer(UNREADABLE)),
        (b"nonsense\r\n\r\n", NoAnswer(TIMED_OUT)),
    ],
)
def test_an_answer_of_another_shape_leaves_the_outcome_open(
    answer: bytes, outcome: Outcome
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_answer_once, args=[server, answer])
        thread.start()
        provider = provider_at(f"http://127.0.0.1:{server.getsockname()[1]}/v26.0")
        result = send(provider, "+34600111222")
        provider.close()
        thread.join()
    assert result == outcome


@pytest.mark.parametrize(
    "header, seconds",
    [("7", 7.0), ("999999", 3600.0), ("", None), ("soon", None), ("-3", None), ("²", None)],
)
def test_the_wait_that_a_header_asks_for(header: str, seconds: float | None) -> None:
    headers = {b"Retry-After": header.encode("latin-1")}
    assert providers.retry_after(httpx.Response(429, headers=headers)) == seconds


def test_a_wait_may_be_given_as_a_date() -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    seconds = providers.retry_after(httpx.Response(429, headers={"Retry-After": date}))
    assert seconds is not None
    assert 57 <= seconds <= 60


def _answer_once(server: socket.socket, answer: bytes) -> None:
    connection, _ = server.accept()
    with connection:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 " + answer)
