"""The texts of replies. A reply has the same fields in every language."""

import re
from functools import cache
from string import Formatter

from app.fraud.decisions import Reply
from app.fraud.phrases import Language, normalise

_ENGLISH: dict[Reply, str] = {
    Reply.WELCOME: (
        "This is the fraud desk. Tell us in a few words what happened, for example "
        '"I think there\'s fraud on my account". We then send you a code to make sure that it '
        "is you.\n\nRESEND: a new code\nCANCEL: withdraw your report\n\n"
        "¿Español? Escribe AYUDA."
    ),
    Reply.UNSUPPORTED: "Sorry, we can only read text here. Please write it in words.",
    Reply.CODE_ON_ITS_WAY: "Your code is still on its way. Please enter it when it arrives.",
    Reply.ENTER_CODE: (
        "We are waiting for your 6-digit code. Please enter it here, or write RESEND for a "
        "new one, CANCEL to withdraw your report."
    ),
    Reply.MISTYPED_CODE: "The code has 6 digits. Please check it and enter it again.",
    Reply.WRONG_CODE: "That code is wrong. Attempts left: {left}. Write RESEND for a new code.",
    Reply.EXPIRED_CODE: "That code has expired. Write RESEND and we send you a new one.",
    Reply.EXHAUSTED: (
        "That code is not right either, so we have closed this verification to protect you. "
        "To start again, tell us what happened."
    ),
    Reply.RESTING: (
        "There were too many wrong codes today. Please wait {minutes} min, then write RESEND "
        "for a new code."
    ),
    Reply.CODES_USED_UP: (
        "We can't send you another code today. Our team has your report and will look at it."
    ),
    Reply.TOO_MANY_CODES: (
        "We have sent you several codes already. Please wait {minutes} min before you ask "
        "for another one."
    ),
    Reply.REPORT_NOTED: (
        "We have added that to your report. To confirm that it is you, please enter the "
        "6-digit code, or write RESEND for a new one."
    ),
    Reply.NO_CODE_EXPECTED: (
        "We are not waiting for a code from you. To report fraud, tell us what happened."
    ),
    Reply.NOTHING_OPEN: (
        "You have no report open with us. To report fraud, tell us what happened."
    ),
    Reply.CANCELLED: "Your report is withdrawn. Write to us again whenever you need us.",
    Reply.VERIFIED: (
        "Thank you, it is you. Your report is case {case_id}; our team has it now and will "
        "contact you. We will never ask you for a password or a code by telephone."
    ),
    Reply.ADDED_TO_CASE: "Thank you. We have added that to your case {case_id} for our team.",
}

_SPANISH: dict[Reply, str] = {
    Reply.WELCOME: (
        "Este es el servicio antifraude. Cuéntanos en pocas palabras qué ha pasado, por "
        'ejemplo "Creo que hay un fraude en mi cuenta". Después te enviamos un código para '
        "comprobar que eres tú.\n\nREENVIAR: un código nuevo\nCANCELAR: retirar tu aviso\n\n"
        "English? Write HELP."
    ),
    Reply.UNSUPPORTED: "Lo sentimos, aquí solo podemos leer texto. Escríbelo con palabras.",
    Reply.CODE_ON_ITS_WAY: "Tu código está en camino. Introdúcelo cuando llegue.",
    Reply.ENTER_CODE: (
        "Esperamos tu código de 6 cifras. Introdúcelo aquí, o escribe REENVIAR para recibir "
        "otro, CANCELAR para retirar tu aviso."
    ),
    Reply.MISTYPED_CODE: "El código tiene 6 cifras. Compruébalo y vuelve a introducirlo.",
    Reply.WRONG_CODE: (
        "Ese código no es correcto. Intentos restantes: {left}. Escribe REENVIAR para recibir otro."
    ),
    Reply.EXPIRED_CODE: "Ese código ha caducado. Escribe REENVIAR y te enviamos otro.",
    Reply.EXHAUSTED: (
        "Ese código tampoco es correcto; hemos cerrado la verificación para protegerte. "
        "Para empezar de nuevo, cuéntanos qué ha pasado."
    ),
    Reply.RESTING: (
        "Hoy ha habido demasiados códigos incorrectos. Espera {minutes} min y escribe REENVIAR "
        "para recibir otro."
    ),
    Reply.CODES_USED_UP: (
        "Hoy no podemos enviarte más códigos. Nuestro equipo tiene tu aviso y lo revisará."
    ),
    Reply.TOO_MANY_CODES: (
        "Ya te hemos enviado varios códigos. Espera {minutes} min antes de pedir otro."
    ),
    Reply.REPORT_NOTED: (
        "Lo hemos añadido a tu aviso. Para confirmar que eres tú, introduce el código de 6 "
        "cifras, o escribe REENVIAR para recibir otro."
    ),
    Reply.NO_CODE_EXPECTED: (
        "No esperamos ningún código tuyo. Para avisar de un fraude, cuéntanos qué ha pasado."
    ),
    Reply.NOTHING_OPEN: (
        "No tienes ningún aviso abierto. Para avisar de un fraude, cuéntanos qué ha pasado."
    ),
    Reply.CANCELLED: "Tu aviso queda retirado. Escríbenos cuando nos necesites.",
    Reply.VERIFIED: (
        "Gracias, eres tú. Tu aviso es el caso {case_id}; nuestro equipo ya lo tiene y te "
        "contactará. Nunca te pediremos una contraseña ni un código por teléfono."
    ),
    Reply.ADDED_TO_CASE: "Gracias. Lo hemos añadido a tu caso {case_id} para nuestro equipo.",
}

REPLIES: dict[Language, dict[Reply, str]] = {
    Language.ENGLISH: _ENGLISH,
    Language.SPANISH: _SPANISH,
}

_CODE_MESSAGES: dict[Language, str] = {
    Language.ENGLISH: (
        "{code} is your fraud desk code. Enter it here within {minutes} minutes to confirm your "
        "report. Nobody from our team will ever ask you for it."
    ),
    Language.SPANISH: (
        "{code} es tu código del servicio antifraude. Introdúcelo aquí antes de {minutes} minutos "
        "para confirmar tu aviso. Nadie de nuestro equipo te lo pedirá jamás."
    ),
}


def render(reply: Reply, language: Language, **fields: int) -> str:
    """Return the text of `reply` in `language`."""
    return REPLIES[language][reply].format(**fields)


def render_code(code: str, language: Language, *, minutes: int) -> str:
    """Return the text with a code. The caller must not store or log it."""
    return _CODE_MESSAGES[language].format(code=code, minutes=minutes)


def is_ours(text: str) -> bool:
    """Tell whether a text is one of ours. Ignores its fields, case, spaces and punctuation."""
    return _own_texts().fullmatch(normalise(text)) is not None


@cache
def _own_texts() -> re.Pattern[str]:
    """Return the pattern of all our texts. It takes 70 ms, so it is compiled at first use."""
    patterns = (
        _pattern_of(template)
        for language in Language
        for template in (*REPLIES[language].values(), _CODE_MESSAGES[language])
    )
    return re.compile("|".join(patterns))


def _pattern_of(template: str) -> str:
    """Return the pattern of a normalised text. A field matches any number."""
    parts = [
        part
        for words, field, _, _ in Formatter().parse(template)
        for part in (re.escape(normalise(words)), r"\d+" if field else "")
    ]
    return " ".join(part for part in parts if part)
