"""Sentences for WhatsApp's error codes, for admins. Pure.

Codes: https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes
"""

from app.core.redaction import redact_text

MAX_DETAIL = 200
"""The most characters of a detail from the provider."""

_SENTENCES = {
    0: "WhatsApp did not accept our access token; renew it in the settings.",
    3: "Our WhatsApp account may not send messages; check its permissions.",
    4: "We send faster than WhatsApp allows this app.",
    10: "Our WhatsApp account may not send messages; check its permissions.",
    33: "WhatsApp does not know the number that we send from; check the phone number id.",
    100: "WhatsApp did not understand the message, or the number is malformed.",
    190: "WhatsApp did not accept our access token; renew it in the settings.",
    368: "WhatsApp has blocked our account for breaking a policy.",
    80007: "We send faster than WhatsApp allows this account.",
    130429: "We send faster than WhatsApp allows this number.",
    130472: "WhatsApp keeps this customer out of business messages for an experiment.",
    130497: "WhatsApp does not let our account write to customers in this country.",
    131000: "WhatsApp failed for a reason that it does not know itself.",
    131005: "Our WhatsApp account may not send messages; check its permissions.",
    429: "We send faster than WhatsApp allows.",
    131008: "WhatsApp says that a part of the message is missing.",
    131009: "WhatsApp says that a part of the message is wrong, often the number.",
    131016: "WhatsApp was out of service.",
    131021: "The customer's number is the one that we send from.",
    131026: (
        "WhatsApp can't deliver to this number: it is not on WhatsApp, or its owner has an old "
        "version or has not accepted the terms."
    ),
    131030: "Our WhatsApp account is a test account, and this number is not on its list.",
    131031: "WhatsApp has locked our account.",
    131037: "WhatsApp has not approved the name that we send under.",
    131042: "WhatsApp has a problem with our payment method.",
    131045: "The number that we send from is not registered with WhatsApp.",
    131047: (
        "The customer last wrote more than 24 hours ago, so WhatsApp takes only templates for them."
    ),
    131048: "Too many customers have blocked or reported us, so WhatsApp limits our messages.",
    131049: "WhatsApp held the message back to spare the customer too many of them.",
    131050: "The customer has opted out of our marketing messages.",
    131051: "WhatsApp does not support this kind of message.",
    131053: "WhatsApp could not take the file in the message.",
    131056: "We wrote to this customer too often in a short time.",
    131057: "Our WhatsApp account is in maintenance.",
    132000: "The template needs another number of parameters.",
    132001: "WhatsApp has no approved template of this name in this language.",
    132005: "The template is too long with these parameters.",
    132007: "The template breaks a WhatsApp policy.",
    132012: "A parameter of the template has the wrong form.",
    132015: "WhatsApp has paused the template because customers disliked it.",
    132016: "WhatsApp has disabled the template because customers disliked it.",
    133010: "The number that we send from is not registered with WhatsApp.",
}

CRASHED = (
    "A crash interrupted the last attempt before its outcome was stored; it may have been sent."
)
SERVER_ERROR = "WhatsApp answered with an internal error and accepted no message."
UNREADABLE = "WhatsApp's answer could not be understood; the message may have been sent."
TIMED_OUT = "WhatsApp did not answer in time; the message may have been sent."
UNREACHABLE = "WhatsApp could not be reached; the message was not sent."


def reason_of(code: int, detail: str = "") -> str:
    """Return the sentence for `code`; for an unknown code, the redacted detail from WhatsApp."""
    if code in _SENTENCES:
        return _SENTENCES[code]
    said = redact_text(detail.strip())[:MAX_DETAIL].rstrip(".")
    return f"WhatsApp refused the message: {said or 'it gave no reason'} (code {code})."
