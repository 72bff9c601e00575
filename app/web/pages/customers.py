"""Find a customer by a number or a user id, and go on to what belongs to them."""

from http import HTTPStatus
from typing import Literal

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict

from app.core.errors import InvalidInput, NotFound
from app.customers.parse import parse_identity
from app.customers.queries import find_customer
from app.web.context import container
from app.web.requests import ShortText, read_form

blueprint = Blueprint("customers", __name__, url_prefix="/automation/customers")


class CustomerForm(BaseModel):
    """What the person typed, and the list that they looked at."""

    model_config = ConfigDict(extra="forbid")

    identity: ShortText = ""
    list: Literal["cases", "outbound"] = "cases"


@blueprint.post("/search")
def search() -> ResponseReturnValue:
    """Show the customer's rows in the list that was open; the number stands in no address."""
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
