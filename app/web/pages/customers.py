"""Find a customer by a number or a user id, and show their cases or messages."""

from http import HTTPStatus
from typing import Literal

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from app.core.errors import InvalidInput, NotFound
from app.customers.parse import parse_identity
from app.customers.queries import find_customer
from app.web.context import container
from app.web.requests import Form, ShortText, read_form

blueprint = Blueprint("customers", __name__, url_prefix="/automation/customers")


class CustomerForm(Form):
    """The search form: a number or a user id, and the list to show."""

    identity: ShortText = ""
    list: Literal["cases", "outbound", "verifications"] = "cases"


@blueprint.post("/search")
def search() -> ResponseReturnValue:
    """Redirect to the list of one customer. The form is a POST, so no URL contains the number."""
    form = read_form(CustomerForm)
    endpoint = f"{form.list}.index"
    try:
        identity = parse_identity(form.identity, field="customer")
        with container().sessions.begin() as session:
            customer = find_customer(session, identity, vault=container().vault)
    except (InvalidInput, NotFound) as error:
        flash(str(error), "warning")
        return redirect(url_for(endpoint), HTTPStatus.SEE_OTHER)
    return redirect(url_for(endpoint, customer_id=customer.id), HTTPStatus.SEE_OTHER)
