"""The texts that people may send to the customer of a case, in each language. Pure.

Only `{case_id}` is filled in, so no text can tell a stranger anything about the customer.
Templates are approved by WhatsApp; their words are in `app.outbound.templates`.
"""

from dataclasses import dataclass
from enum import StrEnum

from app.fraud.phrases import Language
from app.outbound.messages import Message, Template, Text
from app.outbound.templates import fill_template


class TextKey(StrEnum):
    """The approved texts."""

    IN_PROGRESS = "in_progress"
    NEED_DETAILS = "need_details"
    CARD_BLOCKED = "card_blocked"
    MONEY_BACK = "money_back"
    CLOSED = "closed"


class TemplateKey(StrEnum):
    """The templates, by the names that WhatsApp knows."""

    CASE_NEWS = "case_news"
    CASE_QUESTION = "case_question"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovedText:
    """A text for a case: its key, its title for people, and its words in one language."""

    key: str
    title: str
    language: str
    text: str


@dataclass(frozen=True, slots=True)
class FreeText:
    """A reply that a person wrote."""

    text: str


@dataclass(frozen=True, slots=True)
class Approved:
    """A reply by the key of an approved text or of a template, in a language."""

    key: TextKey | TemplateKey
    language: Language


WantedReply = FreeText | Approved

TITLES = {
    TextKey.IN_PROGRESS: "We are on it",
    TextKey.NEED_DETAILS: "Ask for amount, date and shop",
    TextKey.CARD_BLOCKED: "Card blocked",
    TextKey.MONEY_BACK: "Money on its way back",
    TextKey.CLOSED: "Case closed",
}
TEMPLATE_TITLES = {
    TemplateKey.CASE_NEWS: "We have news",
    TemplateKey.CASE_QUESTION: "We have a question",
}
_TEXTS: dict[Language, dict[TextKey, str]] = {
    Language.ENGLISH: {
        TextKey.IN_PROGRESS: (
            "A colleague is working on your case {case_id} now. We will write to you here as soon "
            "as we know more."
        ),
        TextKey.NEED_DETAILS: (
            "For your case {case_id} we need the amount, the date and the name of the shop or "
            "person, as your statement shows them. Please never send a password, a PIN or a code."
        ),
        TextKey.CARD_BLOCKED: (
            "To protect you, we have blocked your card. A new one is on its way to the address "
            "that we know. You can go on using your account in the app."
        ),
        TextKey.MONEY_BACK: (
            "The amount from your case {case_id} is on its way back to your account. It may take "
            "up to five working days."
        ),
        TextKey.CLOSED: (
            "We have closed your case {case_id}. If anything is missing, just answer here and we "
            "open it again."
        ),
    },
    Language.SPANISH: {
        TextKey.IN_PROGRESS: (
            "Un compañero está trabajando en tu caso {case_id}. Te escribiremos aquí en cuanto "
            "sepamos más."
        ),
        TextKey.NEED_DETAILS: (
            "Para tu caso {case_id} necesitamos el importe, la fecha y el nombre de la tienda o "
            "persona, tal como aparecen en tu extracto. No nos envíes nunca una contraseña, un "
            "PIN ni un código."
        ),
        TextKey.CARD_BLOCKED: (
            "Para protegerte hemos bloqueado tu tarjeta. Te enviamos una nueva a la dirección que "
            "conocemos. Puedes seguir usando tu cuenta en la aplicación."
        ),
        TextKey.MONEY_BACK: (
            "El importe de tu caso {case_id} vuelve a tu cuenta. Puede tardar hasta cinco días "
            "laborables."
        ),
        TextKey.CLOSED: (
            "Hemos cerrado tu caso {case_id}. Si falta algo, responde aquí y lo abrimos de nuevo."
        ),
    },
}


def approved_texts(case_id: int, language: Language) -> list[ApprovedText]:
    """Return the approved texts for a case in a language."""
    return [
        ApprovedText(
            key=key, title=title, language=language, text=_words(key, language, case_id=case_id)
        )
        for key, title in TITLES.items()
    ]


def approved_templates(case_id: int, language: Language) -> list[ApprovedText]:
    """Return the templates for a case in a language, with the words that WhatsApp shows."""
    return [
        ApprovedText(
            key=name,
            title=title,
            language=language,
            text=fill_template(_template(name, language, case_id=case_id)),
        )
        for name, title in TEMPLATE_TITLES.items()
    ]


def message_of(wanted: WantedReply, *, case_id: int) -> Message:
    """Return the message of a reply."""
    if isinstance(wanted, FreeText):
        return Text(wanted.text)
    if isinstance(wanted.key, TemplateKey):
        return _template(wanted.key, wanted.language, case_id=case_id)
    return Text(_words(wanted.key, wanted.language, case_id=case_id))


def _words(key: TextKey, language: Language, *, case_id: int) -> str:
    return _TEXTS[language][key].format(case_id=case_id)


def _template(name: TemplateKey, language: Language, *, case_id: int) -> Template:
    return Template(name, language, (str(case_id),))
