"""What a number means is told to machines in both languages."""

import pytest

from quetsach.assess.definitions import DEFINITIONS


@pytest.mark.parametrize("name", sorted(DEFINITIONS))
def test_a_definition_is_told_whole(name: str) -> None:
    told = DEFINITIONS[name].as_json()
    assert set(told) == {"name", "unit", "text"}
    for language, said in (("vi", DEFINITIONS[name].text.vi), ("en", DEFINITIONS[name].text.en)):
        assert told["text"][language] == said != ""  # type: ignore[index]
