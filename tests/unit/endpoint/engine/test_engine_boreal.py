"""The port to the match engine, with its first back end."""

import os
import time
from pathlib import Path

import pytest

from quetsach.endpoint import EngineError
from quetsach.endpoint.engine.boreal import BorealEngine
from quetsach.endpoint.engine.port import Hit

RULE = 'rule needle { meta: author = "Người viết" strings: $a = "needle" condition: $a }'


def test_a_hit_names_family_rule_and_author() -> None:
    assert BorealEngine().compile({"sewing": RULE}).match(b"a needle here") == (Hit("sewing", "needle", "Người viết"),)


def test_families_do_not_see_each_others_rules() -> None:
    hits = BorealEngine().compile({"one": RULE, "two": RULE}).match(b"needle")
    assert sorted(hit.family for hit in hits) == ["one", "two"]


def test_no_rules_match_nothing() -> None:
    assert BorealEngine().compile({}).match(b"needle") == ()


def test_an_open_file_is_matched_where_it_lies(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(5 << 20) + b"needle")
    descriptor = os.open(path, os.O_RDONLY)
    path.unlink()
    hits = BorealEngine().compile({"sewing": RULE}).match_file(f"/proc/self/fd/{descriptor}", 5 << 20)
    os.close(descriptor)
    assert [hit.rule for hit in hits] == ["needle"]


@pytest.mark.parametrize("source", ["rule x {", 'include "/etc/passwd"', 'import "nothing"', "rule x { condition: y }"])
def test_bad_rules_give_our_error(source: str) -> None:
    with pytest.raises(EngineError, match="do not compile"):
        BorealEngine().compile({"x": source})


def test_a_pattern_is_searched_for() -> None:
    pattern = BorealEngine().compile_pattern(r"^@reboot .*/upd$")
    assert pattern.matches("@reboot root /x/upd")
    assert not pattern.matches("no @reboot root /x/upd")


def test_a_pattern_may_hold_a_solidus() -> None:
    assert BorealEngine().compile_pattern(r"https?://[0-9.]+/x\/y").matches("get http://192.0.2.1/x/y now")


def test_a_pattern_that_ruins_other_engines_is_quick() -> None:
    pattern = BorealEngine().compile_pattern("(a+)+(b+)+(a+)+(b+)+c")
    began = time.process_time()
    assert not pattern.matches("ab" * 30_000)
    assert time.process_time() - began < 5


def test_a_broken_pattern_gives_our_error() -> None:
    with pytest.raises(EngineError):
        BorealEngine().compile_pattern("(a")


def test_a_hit_says_where_its_rule_wants_the_file_cut_off(tmp_path: Path) -> None:
    rule = 'rule worm { strings: $a = "worm" $cut = "<script" condition: all of them } rule other { condition: true }'
    content = b"<p>a worm</p> <script> <script>"
    (tmp_path / "file").write_bytes(content)
    matcher = BorealEngine().compile({"x": rule})
    descriptor = os.open(tmp_path / "file", os.O_RDONLY)
    mapped = matcher.match_file(f"/proc/self/fd/{descriptor}", len(content))
    os.close(descriptor)
    for hits in (matcher.match(content), mapped):
        assert {hit.rule: hit.cut for hit in hits} == {"worm": 14, "other": -1}
