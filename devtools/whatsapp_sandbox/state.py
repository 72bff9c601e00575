"""The state of the sandbox: conversations and planned faults, with size limits."""

import threading
from base64 import b64encode
from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import uuid4

from devtools.whatsapp_sandbox.faults import Fault, magic_fault

MAX_CONVERSATIONS = 200
MAX_MESSAGES = 200


class Author(StrEnum):
    """Who wrote a message."""

    CUSTOMER = "customer"
    BUSINESS = "business"


def new_message_id(number: str = "") -> str:
    """Return an id in WhatsApp's format: base64 that contains the customer's number."""
    head = b"\x1c\x18\x0b"
    tail = b"\x15\x02\x00\x12\x18\x14" + uuid4().hex[:20].upper().encode() + b"\x00"
    return f"wamid.{b64encode(head + number.encode() + tail).decode()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message on the customer's phone.

    The `status` of a message from the business is `sent`, `delivered` or `read`. The
    `status` of a message from the customer is `delivered` or an error as a sentence.
    """

    author: Author
    text: str
    status: str
    id: str = field(default_factory=new_message_id)
    tracker: str | None = None
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(frozen=True, slots=True)
class Conversation:
    """The messages of one customer, oldest first.

    `phone` is digits without a plus, or the user id of a customer whose number is hidden.
    `number` is the number that webhooks contain, None while it is hidden.
    """

    id: int
    phone: str
    messages: Sequence[Message]
    number: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPhones:
    """What a restart keeps: the conversations, the least recently used first, and the numbers."""

    conversations: Sequence[Conversation]
    last_written: dict[str, datetime]


class Phones:
    """The customers' phones. Thread-safe. Removes the least recently used phone when full."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._messages: OrderedDict[str, deque[Message]] = OrderedDict()
        self._ids: dict[str, int] = {}
        self._faults: dict[str, list[Fault]] = {}
        self._numbers: dict[str, str] = {}
        self._last_written: dict[str, datetime] = {}
        self._last_id = 0
        self.accesses = 0
        """Grows with every access that may have changed a conversation."""

    def kept(self) -> KeptPhones:
        """Return what a restart keeps."""
        with self._lock:
            views = [self._view(messages, phone) for phone, messages in self._messages.items()]
            return KeptPhones(conversations=views, last_written=dict(self._last_written))

    def restore(self, kept: KeptPhones) -> None:
        """Restore what an earlier sandbox kept."""
        with self._lock:
            for each in kept.conversations:
                self._ids[each.phone] = each.id
                self._messages[each.phone] = deque(each.messages, MAX_MESSAGES)
                if each.number and each.number != each.phone:
                    self._numbers[each.phone] = each.number
            self._last_id = max(self._ids.values(), default=0)
            self._last_written = dict(kept.last_written)

    def last_written(self, phone: str) -> datetime | None:
        """Return when the customer last wrote."""
        with self._lock:
            return self._last_written.get(phone)

    def age(self, phone: str, *, hours: float) -> None:
        """Move the conversation into the past, as if `hours` had passed since."""
        with self._lock:
            earlier = [replace(m, at=m.at - timedelta(hours=hours)) for m in self._of(phone)]
            self._messages[phone] = deque(earlier, MAX_MESSAGES)
            if phone in self._last_written:
                self._last_written[phone] -= timedelta(hours=hours)

    def reveal(self, user_id: str, number: str) -> None:
        """Reveal the number of the customer `user_id` to the business from now on."""
        with self._lock:
            self._of(user_id)
            self._numbers[user_id] = number

    def number_of(self, phone: str) -> str | None:
        """Return the customer's number, None while it is hidden."""
        with self._lock:
            return self._number_of(phone)

    def phone_with_number(self, number: str) -> str:
        """Return the user id of the customer with this number, or the number itself."""
        with self._lock:
            return next((who for who, known in self._numbers.items() if known == number), number)

    def open(self, phone: str) -> Conversation:
        """Return the conversation of `phone`; create it if it is missing."""
        with self._lock:
            return self._view(self._of(phone), phone)

    def find(self, conversation_id: int) -> Conversation | None:
        """Return a conversation by its id."""
        with self._lock:
            for phone, messages in self._messages.items():
                if self._ids[phone] == conversation_id:
                    return self._view(messages, phone)
        return None

    def all(self) -> list[Conversation]:
        """Return every conversation, the most recently used first."""
        with self._lock:
            return [self._view(kept, phone) for phone, kept in reversed(self._messages.items())]

    def add(self, phone: str, message: Message) -> None:
        """Append a message; its conversation becomes the most recently used."""
        with self._lock:
            self._of(phone).append(message)
            if message.author is Author.CUSTOMER:
                self._last_written[phone] = message.at
            self._messages.move_to_end(phone)

    def set_status(self, phone: str, message_id: str, status: str) -> None:
        """Change the status of a message, if it is still stored."""
        with self._lock:
            messages = self._of(phone)
            for position, message in enumerate(messages):
                if message.id == message_id:
                    messages[position] = replace(message, status=status)

    def mark_unread_as_read(self, phone: str) -> list[Message]:
        """Mark the delivered messages on `phone` as read, and return them."""
        with self._lock:
            messages = self._of(phone)
            unread = [m for m in messages if (m.author, m.status) == (Author.BUSINESS, "delivered")]
            kept = [replace(m, status="read") if m in unread else m for m in messages]
            self._messages[phone] = deque(kept, MAX_MESSAGES)
            return unread

    def plan(self, phone: str, fault: Fault, *, times: int) -> None:
        """Plan `fault` for the next `times` messages to `phone`; 0 removes the plan."""
        with self._lock:
            self._faults[phone] = [fault] * times

    def next_fault(self, phone: str) -> Fault | None:
        """Return the fault of the next message to `phone`; a planned one is used up."""
        with self._lock:
            planned = self._faults.get(phone)
            return planned.pop() if planned else magic_fault(phone)

    def _of(self, phone: str) -> deque[Message]:
        self.accesses += 1
        if phone not in self._messages:
            self._last_id += 1
            self._ids[phone] = self._last_id
            self._messages[phone] = deque(maxlen=MAX_MESSAGES)
            self._forget_oldest()
        return self._messages[phone]

    def _forget_oldest(self) -> None:
        while len(self._messages) > MAX_CONVERSATIONS:
            phone, _ = self._messages.popitem(last=False)
            del self._ids[phone]
            self._faults.pop(phone, None)
            self._numbers.pop(phone, None)
            self._last_written.pop(phone, None)

    def _view(self, messages: deque[Message], phone: str) -> Conversation:
        number = self._number_of(phone)
        return Conversation(self._ids[phone], phone, tuple(messages), number)

    def _number_of(self, phone: str) -> str | None:
        return phone if phone.isdigit() else self._numbers.get(phone)
