"""A customer who sends and receives messages through the sandbox's HTTP API."""

import re
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from app.core.redaction import mask_phone
from devtools.drills.check_recorder import POLL_SECONDS, DrillStopped
from devtools.drills.target import DrillTarget

REPORT = "I think there's fraud on my account"
WAIT_SECONDS = 20.0

_CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")
_CASE = re.compile(r"case (\d+)")


def new_number() -> str:
    """Return a random Spanish mobile number in E.164."""
    return f"+346{secrets.randbelow(10**8):08d}"


@dataclass(slots=True)
class Customer:
    """One customer. The number and the received codes are added to `target.seen`."""

    target: DrillTarget
    number: str = field(default_factory=new_number)

    def __post_init__(self) -> None:
        self.target.seen.numbers.add(self.number)

    @property
    def masked(self) -> str:
        """The masked number, as admins see it."""
        return mask_phone(self.number)

    @property
    def fingerprint(self) -> str:
        """The fingerprint that rows of this customer contain in place of the number."""
        return self.target.container.vault.seal_phone(self.number).fingerprint

    def write(self, words: str, *, message_id: str | None = None) -> str:
        """Send a message; return its status, `delivered` if the product accepted it."""
        body = {"phone": self.number, "text": words, "id": message_id}
        answer = self.target.sandbox.post("/api/messages", json=body).raise_for_status()
        return str(answer.json()["status"])

    def report(self, words: str = REPORT) -> str:
        """Report fraud and return the code of the answer."""
        self.write(words)
        self.target.seen.codes.add(code := self._await(_CODE)[0])
        return code

    def open_case(self, words: str = REPORT) -> int:
        """Report fraud, send the code back, and return the id of the case in the answer."""
        self.write(self.report(words))
        return self.await_case()

    def await_case(self) -> int:
        """Wait for the confirmation and return the id of the case in it."""
        return int(self._await(_CASE)[1])

    def messages(self) -> list[dict[str, Any]]:
        """Return the messages on the phone, oldest first."""
        answer = self.target.sandbox.get(f"/api/conversations/{self.number}").raise_for_status()
        messages: list[dict[str, Any]] = answer.json()["messages"]
        return messages

    def _await(self, pattern: re.Pattern[str]) -> re.Match[str]:
        """Wait for a message of the business that matches; return the match."""
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            for message in self.messages():
                if message["author"] == "business" and (found := pattern.search(message["text"])):
                    return found
            time.sleep(POLL_SECONDS)
        raise DrillStopped(f"No message with {pattern.pattern!r} reached {self.masked}.")
