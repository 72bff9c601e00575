"""ETags: a caller learns that nothing changed, and changes only what they saw."""

import hashlib
import re
from typing import Any

from flask import Response, request
from werkzeug.exceptions import PreconditionFailed

from app.core.errors import InvalidInput
from app.web.requests import Body

_VERSIONED = re.compile(r'"(\d{1,19})-[0-9a-f]{16}"')


def add_etag(response: Response, answer: Any) -> Response:
    """Add the ETag of an answer; turn it into 304 if the caller has it already.

    The ETag of something with a version begins with the version. Others are weak.
    """
    digest = hashlib.blake2b(response.get_data(), digest_size=8).hexdigest()
    version = getattr(answer, "version", None)
    if version is None:
        response.set_etag(digest, weak=True)
    else:
        response.set_etag(f"{version}-{digest}")
    response.make_conditional(request)
    return response


def with_expected_version(body: Body) -> Body:
    """Return `body` with the version of the header If-Match, if its model has a version.

    Raises PreconditionFailed for an ETag that is not ours, and InvalidInput if `version` in the
    body is another one.
    """
    tag = request.headers.get("If-Match", "*").strip()
    if tag == "*" or "version" not in type(body).model_fields:
        return body
    match = _VERSIONED.fullmatch(tag)
    if match is None:
        raise PreconditionFailed("If-Match is not an ETag of this item; read the item again.")
    version = int(match[1])
    if body.model_dump()["version"] not in {None, version}:
        raise InvalidInput("If-Match and the field version differ; send one.", field="version")
    return body.model_copy(update={"version": version})
