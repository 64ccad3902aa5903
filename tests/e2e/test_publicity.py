"""Publicity through the real commands and the real server: a kit, its code, visits through its QR code."""

import json
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from tests.browser import barriers, fits
from tests.centre import center, prepared_with_units, served
from tests.waiting import PATIENCE_SECONDS, until

from quetsach.installation import bundled

pytestmark = pytest.mark.e2e

PHONE = "Mozilla/5.0 (Linux; Android 9; SM-A105G) AppleWebKit/537.36 Chrome/85.0 Mobile Safari/537.36"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = prepared_with_units(tmp_path_factory, "publicity")
    center(folder, "campaigns", "import", bundled("data") / "campaigns" / "viet-nam-2020" / "campaign.toml")
    return folder


@pytest.fixture(scope="module")
def url(data: Path) -> Iterator[str]:
    with served(data, "--no-demonstration") as server:
        yield server.url


@pytest.fixture(scope="module")
def kit(data: Path) -> dict[str, str]:
    words = ("publicity", "kit", "31-2025", "--campaign", "viet-nam-2020", "--out", data / "kits", "--json")
    return json.loads(center(data, *words).stdout)


def test_the_command_writes_a_kit_that_opens(kit: dict[str, str]) -> None:
    archive = zipfile.ZipFile(kit["file"])
    assert archive.testzip() is None
    assert archive.read("vi/ap-phich-a3.pdf").startswith(b"%PDF-")


def test_a_kit_of_the_command_proves_nothing_until_it_is_released(url: str, kit: dict[str, str]) -> None:
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{url}/xac-minh/{kit['code']}/", timeout=PATIENCE_SECONDS)


def test_visits_through_the_code_are_in_the_report(url: str, data: Path) -> None:
    def visits() -> int:
        return json.loads(center(data, "publicity", "reach", "31-2025", "--json").stdout)["visits"]["own"]

    for _ in range(12):
        request = urllib.request.Request(f"{url}/t/31-2025", headers={"User-Agent": PHONE})
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
            assert answer.url == f"{url}/"
            assert answer.headers["Set-Cookie"] is None
    # The next answer after five seconds takes the rest along.
    until(
        lambda: visits() == 12,
        lambda: urllib.request.urlopen(f"{url}/robots.txt", timeout=PATIENCE_SECONDS).close(),
        every=1,
    )


@pytest.mark.parametrize("path", ["/xac-minh/", "/en/verify/", "/xac-minh/?ma=QS-AAAAA-AAAAA", "/xac-minh/QS-1/"])
def test_pages_of_codes_are_usable_by_everybody_on_a_phone(url: str, browser: Browser, path: str) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 740}, bypass_csp=True)
    page.goto(url + path)
    assert barriers(page) == []
    assert fits(page)
    page.close()
