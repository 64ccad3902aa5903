"""Places are shown as the people of the machine write them."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quetsach.endpoint.artefact import place_text, show_as_windows, windows_text


@pytest.fixture
def _windows() -> Iterator[None]:
    show_as_windows(windows=True)
    yield
    show_as_windows(windows=False)


@pytest.mark.usefixtures("_windows")
@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("/Users/An Nguyễn/hóa đơn.exe", "C:\\Users\\An Nguyễn\\hóa đơn.exe"),
        ("/D:/ảnh.lnk", "D:\\ảnh.lnk"),
        ("/D:", "D:\\"),
        ("/", "C:\\"),
        ("HKLM\\SOFTWARE\\x/y", "HKLM\\SOFTWARE\\x/y"),
        ("/a\x1bb", "C:\\a\\x1bb"),
    ],
)
def test_a_path_of_a_windows_is_shown_as_windows_writes_it(raw: str, text: str) -> None:
    assert place_text(raw.encode()) == text


def test_elsewhere_a_path_is_shown_as_it_is() -> None:
    assert place_text(b"/etc/crontab") == "/etc/crontab"


@given(st.lists(st.binary(min_size=1).filter(lambda name: not set(name) & set(b"/\\:\0")), max_size=5))
def test_every_path_has_one_text_of_windows(names: list[bytes]) -> None:
    path = b"/" + b"/".join(names)
    assert windows_text(path).replace(b"\\", b"/").removeprefix(b"C:") == path
