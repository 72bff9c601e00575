"""The contract of an API route. The decorator `operation` reads it from the view's signature.

The same contract serves the requests, the OpenAPI document and the tests. See docs/api.md.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from inspect import signature
from typing import Any, get_type_hints

from flask import Response, jsonify, request

from app.web.api.etags import add_etag, with_expected_version
from app.web.api.repeats import answer_once, has_key
from app.web.context import container
from app.web.csv_response import Csv
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
    """A view with its contract. Flask calls it with the values from the path.

    A call that changes something may have an idempotency key: a repeat gets the stored answer.
    An answer to a GET has an ETag.
    """

    view: View
    example: Example
    status: HTTPStatus
    refusals: frozenset[HTTPStatus]
    body: type[Body]
    query: type[Query]
    answer: Any
    changes: bool
    media: str
    wants: frozenset[str]

    @property
    def __name__(self) -> str:
        """The name of the view, from which Flask makes the endpoint."""
        return self.view.__name__

    @property
    def takes_version(self) -> bool:
        """Whether its body has the version that the caller saw, which If-Match may carry."""
        return "version" in self.body.model_fields

    @property
    def has_body(self) -> bool:
        """Whether its body has fields."""
        return bool(self.body.model_fields)

    def __call__(self, **path: Any) -> Response:
        """Answer the current request."""
        query, body = read_query(self.query), with_expected_version(read_body(self.body))
        given = {**path, "query": query, "body": body}
        is_once = self.changes and request.method != "GET" and has_key()
        if not is_once and "session" not in self.wants:
            return self._answer(given)
        with container().sessions.begin() as session:
            given["session"] = session
            if is_once:
                return answer_once(session, body, lambda: self._answer(given))
            return self._answer(given)

    def _answer(self, given: Mapping[str, Any]) -> Response:
        wanted = {name: value for name, value in given.items() if name in self.wants}
        answer = self.view(**wanted)
        if isinstance(answer, Response):
            return answer
        response = jsonify(answer)
        response.status_code = self.status
        return add_etag(response, answer) if request.method == "GET" else response


def operation(
    *,
    example: Example,
    status: HTTPStatus = HTTPStatus.OK,
    refusals: Iterable[HTTPStatus] = (),
    changes: bool = True,
) -> Callable[[View], Operation]:
    """Turn a view into an Operation. The signature of the view is its contract.

    - `session: Session`: the transaction of the request. It is committed before the answer
      is sent, and rolled back if the view raises.
    - `body: SomeBody` and `query: SomeQuery`: the parsed request. Without them the body and the
      query string must be empty.
    - any other parameter: a value from the path.
    - the return annotation: the form of the answer, a dataclass whose fields become members,
      or `Csv` for a view that returns a response with CSV.

    `refusals` are the errors that this operation alone can answer, e.g. 409. The document adds
    those that follow from the request: 401, 403, 404 for an id in the path, 422 and so on.
    `changes` is False for a POST that only reads.
    """

    def contract_of(view: View) -> Operation:
        hints = get_type_hints(view)
        is_csv = hints["return"] is Csv
        return Operation(
            view=view,
            example=example,
            status=status,
            refusals=frozenset(refusals),
            changes=changes,
            body=hints.get("body", Body),
            query=hints.get("query", Query),
            answer=str if is_csv else hints["return"],
            media="text/csv" if is_csv else "application/json",
            wants=frozenset(signature(view).parameters),
        )

    return contract_of
