"""Every page, in both languages, light and dark, wide and narrow: no violation of WCAG
2.2 AA that axe can see, no console error, nothing wider than the window."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.journeys.conftest import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.whole]

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


@pytest.fixture
def browser_context_args(browser_context_args, base_url, locale, scheme):
    return {
        **browser_context_args,
        "base_url": base_url,
        "locale": locale,
        "color_scheme": scheme,
    }


def addresses(page):
    """Every page a person can come to from the first one."""
    yield "/"
    page.goto("/")
    project = re.search(r"/projects/[0-9a-f-]{36}/", page.content())[0]
    page.goto(project)
    task = page.locator("#rows .what a").first.get_attribute("href")
    yield project
    yield task
    for path in ("tasks/new/", "settings/", "start/"):
        yield project + path
    yield "/projects/new/"
    yield "/preferences/"
    yield "/accounts/2fa/"


def findings(page):
    results = Axe().run(page, options={"runOnly": RULES["runOnly"]}).response
    return [(v["id"], v["nodes"][0]["html"][:150]) for v in results["violations"]]


def test_it_is_clean_in_every_dress(page, product, complaints, locale, scheme):
    page.goto("/accounts/login/")
    assert findings(page) == []
    sign_in(page)
    found = {}
    for address in list(addresses(page)):
        response = page.goto(address)
        assert response.status == 200, address
        assert page.locator("html").get_attribute("lang")[:2] == locale[:2]
        found[address] = findings(page)
    assert found == dict.fromkeys(found, [])


def test_it_fits_a_phone(page, product, complaints, locale, scheme):
    page.set_viewport_size({"width": 360, "height": 740})
    sign_in(page)
    for address in list(addresses(page)):
        page.goto(address)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 360, f"{address}: {width} px"
