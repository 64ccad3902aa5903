"""The second engine gives what the first one gives."""

import os
from pathlib import Path

import pytest

from quetsach.endpoint import EngineError
from quetsach.endpoint.engine.port import Hit
from quetsach.endpoint.engine.yara_x import YaraXEngine

RULE = 'rule needle { meta: author = "Người viết" strings: $cut = "needle" condition: $cut }'


def test_a_match_names_family_rule_author_and_where_to_cut() -> None:
    matcher = YaraXEngine().compile({"sewing": RULE, "other": RULE})
    assert matcher.match(b"a needle here, a needle there") == (
        Hit("sewing", "needle", "Người viết", cut=2),
        Hit("other", "needle", "Người viết", cut=2),
    )


def test_no_rules_match_nothing() -> None:
    assert YaraXEngine().compile({}).match(b"needle") == ()


def test_an_open_file_is_matched(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"a needle")
    descriptor = os.open(tmp_path / "file", os.O_RDONLY)
    hits = YaraXEngine().compile({"sewing": RULE}).match_file(f"/proc/self/fd/{descriptor}", 8)
    os.close(descriptor)
    assert [hit.rule for hit in hits] == ["needle"]


def test_a_file_that_cannot_be_read_is_said() -> None:
    with pytest.raises(EngineError):
        YaraXEngine().compile({"sewing": RULE}).match_file("/none", 8)


@pytest.mark.parametrize("source", ["rule a {", 'include "other"', "rule a { condition: nothing }"])
def test_rules_that_do_not_compile_are_refused(source: str) -> None:
    with pytest.raises(EngineError, match="do not compile"):
        YaraXEngine().compile({"x": source})


def test_a_pattern_is_found_in_a_text() -> None:
    pattern = YaraXEngine().compile_pattern("ha/y|needle$")
    assert [pattern.matches(text) for text in ("a ha/y", "needle", "needles", "")] == [True, True, False, False]


def test_the_name_has_the_version() -> None:
    assert YaraXEngine().name.startswith("yara-x 1.")
