"""What the sandbox remembers: conversations and planned faults, bounded, in memory."""

import threading
from base64 import b64encode
from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
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
    """Return an id as WhatsApp makes them: base64 that holds the customer's number."""
    head = b"\x1c\x18\x0b"
    tail = b"\x15\x02\x00\x12\x18\x14" + uuid4().hex[:20].upper().encode() + b"\x00"
    return f"wamid.{b64encode(head + number.encode() + tail).decode()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message on the customer's phone.

    `status` is `sent`, `delivered` or `read` for the business's, and `delivered` or a
    sentence that says what went wrong for the customer's.
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

    `phone` is digits without a plus, or the user id of a customer whose number is hidden;
    `number` is the number that WhatsApp tells the business, if it tells one.
    """

    id: int
    phone: str
    messages: Sequence[Message]
    number: str | None


class Phones:
    """The customers' phones. Safe for threads; forgets the phone unused for longest."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._messages: OrderedDict[str, deque[Message]] = OrderedDict()
        self._ids: dict[str, int] = {}
        self._faults: dict[str, list[Fault]] = {}
        self._numbers: dict[str, str] = {}
        self._last_id = 0

    def reveal(self, user_id: str, number: str) -> None:
        """Let the business learn the number of the customer `user_id` from now on."""
        with self._lock:
            self._of(user_id)
            self._numbers[user_id] = number

    def number_of(self, phone: str) -> str | None:
        """Return the number that WhatsApp tells of this customer, None while it is hidden."""
        with self._lock:
            return self._number_of(phone)

    def holder_of(self, number: str) -> str:
        """Return whose phone a number rings: a customer with a user id, or the number itself."""
        with self._lock:
            return next((who for who, known in self._numbers.items() if known == number), number)

    def open(self, phone: str) -> Conversation:
        """Return the conversation of `phone`, begun if there is none."""
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
        """Return every conversation, the one used last first."""
        with self._lock:
            return [self._view(kept, phone) for phone, kept in reversed(self._messages.items())]

    def add(self, phone: str, message: Message) -> None:
        """Append a message; the conversation becomes the one used last."""
        with self._lock:
            self._of(phone).append(message)
            self._messages.move_to_end(phone)

    def set_status(self, phone: str, message_id: str, status: str) -> None:
        """Change the status of a message, if it is still remembered."""
        with self._lock:
            messages = self._of(phone)
            for position, message in enumerate(messages):
                if message.id == message_id:
                    messages[position] = replace(message, status=status)

    def take_unread(self, phone: str) -> list[Message]:
        """Mark what was delivered to `phone` as read, and return it."""
        with self._lock:
            messages = self._of(phone)
            unread = [m for m in messages if (m.author, m.status) == (Author.BUSINESS, "delivered")]
            kept = [replace(m, status="read") if m in unread else m for m in messages]
            self._messages[phone] = deque(kept, MAX_MESSAGES)
            return unread

    def plan(self, phone: str, fault: Fault, *, times: int) -> None:
        """Let the next `times` messages to `phone` fail; 0 forgets what was planned."""
        with self._lock:
            self._faults[phone] = [fault] * times

    def next_fault(self, phone: str) -> Fault | None:
        """Return how the next message to `phone` fails, using up one that was planned."""
        with self._lock:
            planned = self._faults.get(phone)
            return planned.pop() if planned else magic_fault(phone)

    def _of(self, phone: str) -> deque[Message]:
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

    def _view(self, messages: deque[Message], phone: str) -> Conversation:
        number = self._number_of(phone)
        return Conversation(self._ids[phone], phone, tuple(messages), number)

    def _number_of(self, phone: str) -> str | None:
        return phone if phone.isdigit() else self._numbers.get(phone)
