"""The contract of an API route. The decorator `operation` reads it from the view's signature.

The same contract serves the requests, the OpenAPI document and the tests. See docs/api.md.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from inspect import signature
from typing import Any, get_type_hints

from flask import Response, jsonify

from app.web.context import container
from app.web.requests import Body, Query, read_body, read_query

View = Callable[..., Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One request and what its answer says. The documentation shows it and a test sends it.

    `path` has the values for the path, `answer` some members of the answer. The rows that
    examples may name are made by `tests/web/api_world.py`.
    """

    path: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    answer: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Operation:
    """A view with its contract. Flask calls it with the values from the path."""

    view: View
    example: Example
    status: HTTPStatus
    refusals: frozenset[HTTPStatus]
    body: type[Body]
    query: type[Query]
    answer: Any
    wants: frozenset[str]

    @property
    def __name__(self) -> str:
        """The name of the view, from which Flask makes the endpoint."""
        return self.view.__name__

    @property
    def has_body(self) -> bool:
        """Whether its body has fields."""
        return bool(self.body.model_fields)

    def __call__(self, **path: Any) -> Response:
        """Answer the current request."""
        given = self._given()
        if "session" not in self.wants:
            return self._respond(self.view(**path, **given))
        with container().sessions.begin() as session:
            return self._respond(self.view(session=session, **path, **given))

    def _given(self) -> dict[str, Any]:
        given = {"query": read_query(self.query), "body": read_body(self.body)}
        return {name: value for name, value in given.items() if name in self.wants}

    def _respond(self, answer: Any) -> Response:
        response = jsonify(answer)
        response.status_code = self.status
        return response


def operation(
    *,
    example: Example,
    status: HTTPStatus = HTTPStatus.OK,
    refusals: Iterable[HTTPStatus] = (),
) -> Callable[[View], Operation]:
    """Turn a view into an Operation. The signature of the view is its contract.

    - `session: Session`: the transaction of the request. It is committed before the answer
      is sent, and rolled back if the view raises.
    - `body: SomeBody` and `query: SomeQuery`: the parsed request. Without them the body and the
      query string must be empty.
    - any other parameter: a value from the path.
    - the return annotation: the form of the answer, a dataclass whose fields become members.

    `refusals` are the errors that this operation alone can answer, e.g. 409. The document adds
    those that follow from the request: 401, 403, 404 for an id in the path, 422 and so on.
    """

    def contract_of(view: View) -> Operation:
        hints = get_type_hints(view)
        return Operation(
            view=view,
            example=example,
            status=status,
            refusals=frozenset(refusals),
            body=hints.get("body", Body),
            query=hints.get("query", Query),
            answer=hints["return"],
            wants=frozenset(signature(view).parameters) & {"session", "body", "query"},
        )

    return contract_of
