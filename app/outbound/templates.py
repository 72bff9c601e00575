"""The templates that WhatsApp has approved for us, as they are entered in its manager. Pure.

Meta's names for placeholders: `{{1}}` is the first parameter of the body.
"""

import re

from app.outbound.messages import Template

_PLACEHOLDER = re.compile(r"\{\{(\d+)\}\}")

TEMPLATES: dict[tuple[str, str], str] = {
    ("case_news", "en"): (
        "We have news about your fraud report, case {{1}}. Please answer this message, and we "
        "will write to you here."
    ),
    ("case_news", "es"): (
        "Tenemos novedades sobre tu aviso de fraude, el caso {{1}}. Responde a este mensaje y te "
        "escribiremos aquí."
    ),
    ("case_question", "en"): (
        "We need to ask you something about your fraud report, case {{1}}. Please answer this "
        "message. We never ask for a password or a code."
    ),
    ("case_question", "es"): (
        "Necesitamos preguntarte algo sobre tu aviso de fraude, el caso {{1}}. Responde a este "
        "mensaje. Nunca pedimos una contraseña ni un código."
    ),
}
"""The body of each template, by its name and language."""


def fill_template(template: Template) -> str:
    """Return the words of a template; for an unknown one, its name and its parameters."""
    body = TEMPLATES.get((template.name, template.language))
    if body is None:
        return " · ".join([f"[{template.name}]", *template.parameters])
    values = {str(number): text for number, text in enumerate(template.parameters, start=1)}
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), body)


def placeholders_of(body: str) -> int:
    """Return how many parameters a body takes."""
    return len(set(_PLACEHOLDER.findall(body)))
