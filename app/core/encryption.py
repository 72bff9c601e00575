"""Encryption of stored values, and keyed fingerprints that make them searchable."""

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
    """A telephone number in its three stored forms.

    `encrypted` is a Fernet token, `fingerprint` a hex HMAC-SHA256 for equality search,
    `masked` what people see, e.g. `••• 4567`.
    """

    encrypted: str
    fingerprint: str
    masked: str


class Vault:
    """Encrypts with the newest key, decrypts with any key, and makes keyed fingerprints.

    To rotate the keys, put a new Fernet key first in AUTOMATION_ENCRYPTION_KEYS and keep the
    old ones after it. Fingerprints use AUTOMATION_SECRET_KEY, so rotation does not change them.
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
        """Return `text` as a Fernet token, encrypted with the newest key."""
        return self._fernet.encrypt(text.encode()).decode()

    def decrypt(self, token: str) -> str:
        """Return the decrypted text of a token. Raises UndecryptableValue if no key fits."""
        try:
            return self._fernet.decrypt(token).decode()
        except InvalidToken:
            raise UndecryptableValue(
                "No key in AUTOMATION_ENCRYPTION_KEYS decrypts a stored value; "
                "add the key that encrypted it, after the newest one."
            ) from None

    def fingerprint(self, purpose: str, text: str) -> str:
        """Return the hex HMAC-SHA256 of `text`. Each `purpose` has its own key."""
        key = hmac.digest(self._secret, purpose.encode(), hashlib.sha256)
        return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
