"""Telephone numbers at rest: encrypted to be read again, fingerprinted to be matched."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from app.core.errors import AutomationError
from app.core.redaction import mask_phone


class UndecryptableValue(AutomationError):
    """A stored value was encrypted with a key that is no longer among the keys."""


@dataclass(frozen=True, slots=True)
class SealedPhone:
    """A telephone number in the three forms that may be stored.

    `encrypted` is a Fernet token, `fingerprint` a hex HMAC-SHA256 for equality search,
    `masked` what people see, e.g. `••• 4567`.
    """

    encrypted: str
    fingerprint: str
    masked: str


class Vault:
    """Encrypts with the newest key, decrypts with any, and derives keyed fingerprints.

    To rotate, put a new Fernet key in front of AUTOMATION_ENCRYPTION_KEYS and keep the
    old ones behind it. Fingerprints hang on AUTOMATION_SECRET_KEY and outlive rotation.
    """

    __slots__ = ("_fernet", "_secret")

    def __init__(self, *, encryption_keys: Sequence[str], secret_key: str) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in encryption_keys])
        self._secret = secret_key.encode()

    def seal_phone(self, number: str) -> SealedPhone:
        """Return the storable forms of `number`, which is in E.164 (`+34600111222`)."""
        return SealedPhone(
            encrypted=self.encrypt(number),
            fingerprint=self.fingerprint("phone", number),
            masked=mask_phone(number),
        )

    def encrypt(self, text: str) -> str:
        """Return `text` as a Fernet token under the newest key."""
        return self._fernet.encrypt(text.encode()).decode()

    def decrypt(self, token: str) -> str:
        """Return the text behind a token. Raises UndecryptableValue if no key fits."""
        try:
            return self._fernet.decrypt(token).decode()
        except InvalidToken:
            raise UndecryptableValue(
                "A stored value fits none of the keys in AUTOMATION_ENCRYPTION_KEYS; "
                "put the key that it was written with back behind the newest one."
            ) from None

    def fingerprint(self, purpose: str, text: str) -> str:
        """Return the hex HMAC-SHA256 of `text`, in a key space of its own per `purpose`."""
        key = hmac.digest(self._secret, purpose.encode(), hashlib.sha256)
        return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
