"""The simulated network between the business and its customers' phones."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from devtools.whatsapp_sandbox.payloads import Contact, message_payload, status_payload
from devtools.whatsapp_sandbox.state import Author, Message, Phones, new_message_id
from devtools.whatsapp_sandbox.webhook_sender import WebhookSender

WINDOW = timedelta(hours=24)
"""How long after a customer's message WhatsApp takes free text for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxConfig:
    """The settings that the sandbox shares with the product."""

    webhook_url: str
    access_token: str
    app_secret: str
    phone_number_id: str


class Network:
    """Delivers messages in both directions and sends the status webhooks."""

    def __init__(self, config: SandboxConfig) -> None:
        self.config = config
        self.phones = Phones()
        self._webhooks = WebhookSender(webhook_url=config.webhook_url, app_secret=config.app_secret)

    def write_as_customer(
        self, phone: str, text: str, *, kind: str = "text", message_id: str | None = None
    ) -> Message:
        """Send a customer's message to the product and store the result as its status."""
        message = Message(
            author=Author.CUSTOMER,
            text=text,
            status="on its way",
            id=message_id or new_message_id(self.phones.number_of(phone) or ""),
        )
        self.phones.add(phone, message)
        body = message_payload(
            message,
            customer=self._contact(phone),
            kind=kind,
            phone_number_id=self.config.phone_number_id,
        )
        self.phones.set_status(phone, message.id, self._webhooks.post(body) or "delivered")
        return message

    def deliver(self, phone: str, message: Message) -> None:
        """Deliver a message of the business to the phone; report `sent` and `delivered`."""
        self.phones.add(phone, message)
        self.phones.set_status(phone, message.id, "delivered")
        self._report(phone, message, "sent")
        self._report(phone, message, "delivered")

    def is_window_closed(self, phone: str) -> bool:
        """Whether the customer last wrote more than 24 hours ago.

        A customer who never wrote has an open window here, unlike on WhatsApp, so that drills
        can send to any number.
        """
        last = self.phones.last_written(phone)
        return last is not None and datetime.now(UTC) - last > WINDOW

    def fail(self, phone: str, message: Message, code: int) -> None:
        """Report that an accepted message could not be delivered."""
        self._report(phone, message, "sent")
        self._report(phone, message, "failed", code=code)

    def mark_read(self, phone: str) -> None:
        """Mark the messages of the business on `phone` as read, and report it."""
        for message in self.phones.mark_unread_as_read(phone):
            self._report(phone, message, "read")

    def close(self) -> None:
        """Send the remaining reports and stop."""
        self._webhooks.close()

    def _contact(self, phone: str) -> Contact:
        user_id = None if phone.isdigit() else phone
        return Contact(number=self.phones.number_of(phone), user_id=user_id)

    def _report(
        self, phone: str, message: Message, status: str, *, code: int | None = None
    ) -> None:
        self._webhooks.post_later(
            status_payload(
                message,
                status,
                customer=self._contact(phone),
                phone_number_id=self.config.phone_number_id,
                code=code,
            )
        )
