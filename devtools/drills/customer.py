"""A customer who types on the sandbox's phone, over HTTP as a person's browser would."""

import re
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from app.core.redaction import mask_phone
from devtools.drills.book import LOOK_SECONDS, DrillStopped
from devtools.drills.stage import Stage

REPORT = "I think there's fraud on my account"
WAIT_SECONDS = 20.0

_CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")
_CASE = re.compile(r"case (\d+)")


def new_number() -> str:
    """Return a Spanish mobile number in E.164 that no drill has used before, most likely."""
    return f"+346{secrets.randbelow(10**8):08d}"


@dataclass(slots=True)
class Customer:
    """One phone. Its number and the codes that it receives are kept among what was seen."""

    stage: Stage
    number: str = field(default_factory=new_number)

    def __post_init__(self) -> None:
        self.stage.seen.numbers.add(self.number)

    @property
    def masked(self) -> str:
        """The number as admins see it."""
        return mask_phone(self.number)

    @property
    def fingerprint(self) -> str:
        """What rows of this customer are found by."""
        return self.stage.container.vault.seal_phone(self.number).fingerprint

    def write(self, words: str, *, message_id: str | None = None) -> str:
        """Send a message; return what became of it, `delivered` if the product took it."""
        body = {"phone": self.number, "text": words, "id": message_id}
        answer = self.stage.sandbox.post("/api/messages", json=body).raise_for_status()
        return str(answer.json()["status"])

    def report(self, words: str = REPORT) -> str:
        """Report fraud and return the code that comes back."""
        self.write(words)
        self.stage.seen.codes.add(code := self._await(_CODE)[0])
        return code

    def open_case(self, words: str = REPORT) -> int:
        """Report fraud, return the code, and read the number of the case in the answer."""
        self.write(self.report(words))
        return self.await_case()

    def await_case(self) -> int:
        """Return the number of the case that the business confirms."""
        return int(self._await(_CASE)[1])

    def messages(self) -> list[dict[str, Any]]:
        """Return what the phone shows, oldest first."""
        answer = self.stage.sandbox.get(f"/api/conversations/{self.number}").raise_for_status()
        messages: list[dict[str, Any]] = answer.json()["messages"]
        return messages

    def _await(self, pattern: re.Pattern[str]) -> re.Match[str]:
        """Return the match in a message of the business that comes within some seconds."""
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            for message in self.messages():
                if message["author"] == "business" and (found := pattern.search(message["text"])):
                    return found
            time.sleep(LOOK_SECONDS)
        raise DrillStopped(f"No message with {pattern.pattern!r} reached {self.masked}.")
