from hypothesis import given
from hypothesis import strategies as st

from quetsach.endpoint.artefact import printable


def test_a_name_cannot_turn_the_line_around() -> None:
    assert printable("exe.\u202egpj.txt".encode()) == "exe.\\u202egpj.txt"


def test_a_name_cannot_draw_on_the_terminal() -> None:
    assert printable(b"a\x1b[2Jb\nc") == "a\\x1b[2Jb\\nc"


def test_vietnamese_names_stay_readable() -> None:
    assert printable("Ảnh gia đình".encode()) == "Ảnh gia đình"


@given(st.binary(max_size=60))
def test_any_bytes_become_printable_text(raw: bytes) -> None:
    assert printable(raw).isprintable()
