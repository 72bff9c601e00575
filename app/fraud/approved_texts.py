"""The texts that people may send to the customer of a case, in each language. Pure.

Only `{case_id}` is filled in, so no text can tell a stranger anything about the customer.
Templates are approved by WhatsApp; their words are in `app.outbound.templates`.
"""

from dataclasses import dataclass

from app.core.errors import InvalidInput
from app.fraud.phrases import Language
from app.outbound.messages import Message, Template, Text
from app.outbound.templates import fill_template


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

    key: str
    language: Language


WantedReply = FreeText | Approved

TITLES = {
    "in_progress": "We are on it",
    "need_details": "Ask for amount, date and shop",
    "card_blocked": "Card blocked",
    "money_back": "Money on its way back",
    "closed": "Case closed",
}
_TEXTS: dict[Language, dict[str, str]] = {
    Language.ENGLISH: {
        "in_progress": (
            "A colleague is working on your case {case_id} now. We will write to you here as soon "
            "as we know more."
        ),
        "need_details": (
            "For your case {case_id} we need the amount, the date and the name of the shop or "
            "person, as your statement shows them. Please never send a password, a PIN or a code."
        ),
        "card_blocked": (
            "To protect you, we have blocked your card. A new one is on its way to the address "
            "that we know. You can go on using your account in the app."
        ),
        "money_back": (
            "The amount from your case {case_id} is on its way back to your account. It may take "
            "up to five working days."
        ),
        "closed": (
            "We have closed your case {case_id}. If anything is missing, just answer here and we "
            "open it again."
        ),
    },
    Language.SPANISH: {
        "in_progress": (
            "Un compañero está trabajando en tu caso {case_id}. Te escribiremos aquí en cuanto "
            "sepamos más."
        ),
        "need_details": (
            "Para tu caso {case_id} necesitamos el importe, la fecha y el nombre de la tienda o "
            "persona, tal como aparecen en tu extracto. No nos envíes nunca una contraseña, un "
            "PIN ni un código."
        ),
        "card_blocked": (
            "Para protegerte hemos bloqueado tu tarjeta. Te enviamos una nueva a la dirección que "
            "conocemos. Puedes seguir usando tu cuenta en la aplicación."
        ),
        "money_back": (
            "El importe de tu caso {case_id} vuelve a tu cuenta. Puede tardar hasta cinco días "
            "laborables."
        ),
        "closed": (
            "Hemos cerrado tu caso {case_id}. Si falta algo, responde aquí y lo abrimos de nuevo."
        ),
    },
}

TEMPLATE_TITLES = {
    "case_news": "We have news",
    "case_question": "We have a question",
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
    """Return the message of a reply. Raises InvalidInput for an unknown key."""
    match wanted:
        case FreeText(text=text):
            return Text(text)
        case Approved(key=key, language=language) if key in TITLES:
            return Text(_words(key, language, case_id=case_id))
        case Approved(key=key, language=language) if key in TEMPLATE_TITLES:
            return _template(key, language, case_id=case_id)
        case Approved(key=key):
            known = ", ".join((*TITLES, *TEMPLATE_TITLES))
            raise InvalidInput(
                f"There is no approved text {key!r}; choose one of {known}.", field="approved"
            )


def _words(key: str, language: Language, *, case_id: int) -> str:
    return _TEXTS[language][key].format(case_id=case_id)


def _template(name: str, language: Language, *, case_id: int) -> Template:
    return Template(name, language, (str(case_id),))
