"""Customers: find one by a number or a user id."""

from http import HTTPStatus

from flask import Blueprint
from sqlalchemy.orm import Session

from app.customers.parse import parse_identity
from app.customers.queries import CustomerView, find_customer
from app.web.api.operation import Example, operation
from app.web.context import container
from app.web.requests import Body, ShortText

blueprint = Blueprint("api_customers", __name__, url_prefix="/api/customers")


class SearchBody(Body):
    """The number in international format, or the user id. A body keeps it out of URLs and logs."""

    identity: ShortText


@blueprint.post("/search")
@operation(
    example=Example(body={"identity": "+12025550147"}, answer={"id": 1}),
    refusals=[HTTPStatus.NOT_FOUND],
    changes=False,
)
def search(session: Session, body: SearchBody) -> CustomerView:
    """Answer with the customer; 404 if no customer has this number or user id."""
    identity = parse_identity(body.identity, field="identity")
    return find_customer(session, identity, vault=container().vault)
