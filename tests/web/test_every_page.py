"""Every page in a real browser, at two widths, and in both themes.

axe, the engine of accessibility rules by Deque, finds nothing, and nothing is wider than the
window. A new page is visited without a change here.
"""

from collections.abc import Iterator
from datetime import date

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page
from werkzeug.routing import Rule

from app.bootstrap import Container
from app.web.api.operation import Operation
from tests.web.api_world import build_world
from tests.web.browser import address, chromium, page, sign_in

__all__ = ["address", "chromium", "page"]

pytestmark = [pytest.mark.slow, pytest.mark.needs("chromium"), pytest.mark.usefixtures("users")]

NO_PAGES = {"bootstrap", "changes", "exports", "health", "metrics", "webhooks", "static"}
"""Blueprints, and one endpoint, that answer without a page."""

VALUES = {"day": date(2026, 11, 20), "name": "maria"}
"""Values in paths. Every other is the id 1 of `tests/web/api_world.py`."""

STATES = [
    "/automation?severity=info",
    "/automation?status=all&order=newest",
    "/automation?q=fraud&status=resolved",
    "/automation/cases?status=closed",
    "/automation/items/9",
    "/automation/events/10",
]
"""More states of the pages: filtered, empty, closed, failed."""

OPEN_DETAILS = """
[...document.querySelectorAll('details')].slice(0, 12).forEach(each => { each.open = true; })
"""
"""Opens what is folded; of a long list of like parts only the first, for axe's sake."""

AXE = Axe().axe_script

ALL_RULES: dict[str, object] = {"resultTypes": ["violations"], "preload": False}
RULES_OF_COLOURS = ALL_RULES | {"runOnly": ["color-contrast", "link-in-text-block"]}
"""The rules whose findings depend on the theme."""

WIDE = 1000
"""Pixels. The colours of the dark theme are looked at in a wide window: they are the same in a
narrow one."""


def test_every_page_is_accessible_and_fits(page: Page, web: Flask, container: Container) -> None:
    build_world(container)
    sign_in(page)
    wrong = [
        problem for path in [*paths_of_pages(web), *STATES] for problem in _look_at(page, path)
    ]
    assert not wrong, "\n".join(wrong)


def test_the_pages_for_strangers_are_accessible_and_fit(page: Page) -> None:
    wrong = list(_look_at(page, "/login"))
    assert not wrong, "\n".join(wrong)


def paths_of_pages(web: Flask) -> list[str]:
    """Return a path of each page."""
    return sorted(_path(rule) for rule in web.url_map.iter_rules() if _is_page(web, rule))


def _is_page(web: Flask, rule: Rule) -> bool:
    return (
        "GET" in (rule.methods or ())
        and rule.endpoint.split(".")[0] not in NO_PAGES
        and not isinstance(web.view_functions[rule.endpoint], Operation)
    )


def _path(rule: Rule) -> str:
    _domain, path = rule.build({name: VALUES.get(name, 1) for name in rule.arguments}) or ("", "")
    return path


def _look_at(page: Page, path: str) -> Iterator[str]:
    """Visit a page, and yield what is wrong with it."""
    response = page.goto(path)
    if response is None or not response.ok:
        yield f"{path}: {response and response.status}"
    if page.get_by_role("heading", level=1).count() != 1:
        yield f"{path}: not one heading of level 1"
    page.evaluate(OPEN_DETAILS)
    page.evaluate(AXE)
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    yield from (f"{path} light: {finding}" for finding in _findings(page, ALL_RULES))
    if page.viewport_size and page.viewport_size["width"] >= WIDE:
        page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        yield from (f"{path} dark: {finding}" for finding in _findings(page, RULES_OF_COLOURS))


def _findings(page: Page, rules: dict[str, object]) -> Iterator[str]:
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        yield f"wider than {page.viewport_size}"
    report = page.evaluate("rules => axe.run(rules)", rules)
    for violation in report["violations"]:
        places = [", ".join(map(str, node["target"])) for node in violation["nodes"]]
        yield f"{violation['id']} ({violation['impact']}): {'; '.join(places[:3])}"
