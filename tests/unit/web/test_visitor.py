"""The page of downloads knows the visitor's computer from the request, and takes none for one that runs more."""

import pytest

from quetsach.web.published.offer import Visitor, visitor_of

_CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"


@pytest.mark.parametrize(
    ("agent", "hint", "expected"),
    [
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_CHROME}", '"Windows"', Visitor.WINDOWS),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0", "", Visitor.WINDOWS),
        ("Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko", "", Visitor.WINDOWS),
        ("Mozilla/5.0 (Windows NT 10.0; ARM64; rv:144.0) Gecko/20100101 Firefox/144.0", "", Visitor.WINDOWS),
        ("", '"Windows"', Visitor.WINDOWS),
        ("Mozilla/5.0 (Windows NT 10.0; rv:109.0) Gecko/20100101 Firefox/115.0", "", Visitor.OLD_WINDOWS),
        ("Mozilla/5.0 (Windows NT 6.1; Win64; x64; rv:109.0) Gecko/20100101 Firefox/115.0", "", Visitor.OLD_WINDOWS),
        (f"Mozilla/5.0 (Windows NT 6.3; Win64; x64) {_CHROME}", '"Windows"', Visitor.OLD_WINDOWS),
        ("Mozilla/4.0 (compatible; MSIE 6.0; Windows 98)", "", Visitor.OLD_WINDOWS),
        (f"Mozilla/5.0 (X11; Linux x86_64) {_CHROME}", '"Linux"', Visitor.LINUX),
        ("Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0", "", Visitor.LINUX),
        ("Mozilla/5.0 (X11; Linux aarch64; rv:144.0) Gecko/20100101 Firefox/144.0", "", Visitor.OTHER_LINUX),
        ("Mozilla/5.0 (X11; Linux i686; rv:144.0) Gecko/20100101 Firefox/144.0", "", Visitor.OTHER_LINUX),
        (f"Mozilla/5.0 (Linux; Android 10; K) {_CHROME}", '"Android"', Visitor.PHONE),
        ("Mozilla/5.0 (Android 14; Mobile; rv:144.0) Gecko/144.0 Firefox/144.0", "", Visitor.PHONE),
        (f"Mozilla/5.0 (X11; Linux x86_64) {_CHROME}", '"Android"', Visitor.PHONE),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile", "", Visitor.PHONE),
        ("Mozilla/5.0 (Windows Phone 10.0; Android 6.0.1; Microsoft) Mobile", "", Visitor.PHONE),
        (f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_CHROME}", '"macOS"', Visitor.MAC),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.0 Safari", "", Visitor.MAC),
        (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {_CHROME}", '"Chrome OS"', Visitor.CHROMEBOOK),
        (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {_CHROME}", "", Visitor.CHROMEBOOK),
        ("curl/8.14.1", "", Visitor.UNKNOWN),
        ("", "", Visitor.UNKNOWN),
        ("", '"Fuchsia"', Visitor.UNKNOWN),
        ("\x00" * 5000, '"' * 5000, Visitor.UNKNOWN),
        ("Windows NT " + "9" * 5000, "", Visitor.OLD_WINDOWS),
    ],
)
def test_a_computer_is_known_by_its_browser(agent: str, hint: str, expected: Visitor) -> None:
    assert visitor_of({"User-Agent": agent, "Sec-CH-UA-Platform": hint}) is expected


def test_only_two_kinds_run_files_of_a_release() -> None:
    assert [visitor.system for visitor in Visitor if visitor.system] == ["windows", "linux"]
