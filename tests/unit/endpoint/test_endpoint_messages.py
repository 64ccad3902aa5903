"""The catalogue of errors is written as Vietnamese is stored everywhere."""

import string
import unicodedata

from quetsach.endpoint.messages.formatting import catalogue


def _places(text: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_vietnamese_is_in_composed_form() -> None:
    assert all(unicodedata.is_normalized("NFC", text) for text in catalogue("vi").values())
