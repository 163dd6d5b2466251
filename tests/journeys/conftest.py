"""Real Chromium before the whole product. What it logs as an error fails the test."""

import httpx
import pytest

from tests.conftest import CHROMIUM
from tests.product import PASSWORD, running_product

QUIET = (
    "--no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run --disable-quic "
    "--disable-background-networking --disable-component-update --disable-sync"
)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    args = QUIET.split()
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": args}


@pytest.fixture(scope="session")
def product(tmp_path_factory):
    """With no provider key: the demo project on the built-in simulator."""
    with running_product(tmp_path_factory.mktemp("journeys")) as product:
        httpx.post(
            f"{product.simulator()}/_sim/control",
            json={"generation_seconds": 12},  # the board looks every 5 s
            trust_env=False,
        ).raise_for_status()
        yield product


@pytest.fixture(scope="session")
def base_url(product):
    return product.url


@pytest.fixture(params=["zh-CN", "en-US"], ids=["zh", "en"])
def locale(request):
    return request.param


@pytest.fixture(params=["light", "dark"])
def scheme(request):
    return request.param


@pytest.fixture
def browser_context_args(browser_context_args, base_url):
    return {**browser_context_args, "base_url": base_url, "locale": "zh-CN"}


@pytest.fixture
def complaints(page):
    """Console errors and failed requests: a broken policy or a missing file shows here."""
    page.set_default_timeout(15_000)
    heard = []
    page.on("console", lambda m: heard.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    yield heard
    assert heard == []


@pytest.fixture
def signed_in(page, product, complaints):
    sign_in(page)
    return page


def sign_in(page):
    page.goto("/accounts/login/")
    page.locator("input[name=login]").fill("admin")
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("form button[type=submit]").first.click()
    page.wait_for_url("**/")
