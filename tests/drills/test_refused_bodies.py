"""A client can use its connection again after a body that was too large."""

import httpx
import pytest

from devtools.drills.target import DrillTarget

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "path, size",
    [("/webhooks/whatsapp", 2 * 1024 * 1024), ("/api/automation/dispatch", 128 * 1024)],
)
def test_a_connection_stays_usable_after_a_body_that_was_too_large(
    target: DrillTarget, path: str, size: int
) -> None:
    with httpx.Client(base_url=target.stack.web, headers={"x-user-role": "admin"}) as client:
        for _ in range(5):
            body = b'{"x": "' + b"x" * size + b'"}'
            refused = client.post(path, content=body, headers={"Content-Type": "application/json"})
            assert refused.status_code in {401, 413}
            assert client.get("/healthz").status_code == 200
