"""Customers: find one by a number or a user id."""

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from app.customers.parse import parse_identity
from app.customers.queries import find_customer
from app.web.context import container
from app.web.requests import Body, ShortText, read_body

blueprint = Blueprint("api_customers", __name__, url_prefix="/api/customers")


class SearchBody(Body):
    """The number in international format, or the user id. A body keeps it out of URLs and logs."""

    identity: ShortText


@blueprint.post("/search")
def search() -> ResponseReturnValue:
    """Answer with the customer; 404 if no customer has this number or user id."""
    identity = parse_identity(read_body(SearchBody).identity, field="identity")
    with container().sessions.begin() as session:
        return jsonify(find_customer(session, identity, vault=container().vault))
