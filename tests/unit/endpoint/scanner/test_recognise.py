"""Content is recognised by the rules that concern its kind, and by its hash."""

import os
from pathlib import Path

import pytest

from quetsach.core.pack import FileHash
from quetsach.endpoint import EngineError
from quetsach.endpoint.engine.boreal import BorealEngine
from quetsach.endpoint.engine.port import Matcher
from quetsach.endpoint.scanner.kind import FileKind
from quetsach.endpoint.scanner.recognise import Recogniser, Signatures

RULES = """
rule any_file { strings: $a = "needle" condition: $a }
rule in_elf { meta: file_types = "elf" strings: $a = "needle" condition: $a }
rule in_text { meta: file_types = "text,archive" strings: $a = "needle" condition: $a }
"""


def _rules(kind: FileKind) -> set[str]:
    return {hit.rule for hit in Recogniser(BorealEngine(), Signatures({"x": RULES})).recognise(b"a needle", kind)}


@pytest.mark.parametrize(
    ("kind", "rules"),
    [
        (FileKind.ELF, {"any_file", "in_elf"}),
        (FileKind.TEXT, {"any_file", "in_text"}),
        (FileKind.SCRIPT, {"any_file", "in_text"}),
        (FileKind.GZIP, {"any_file", "in_text"}),
        (FileKind.OTHER, {"any_file"}),
    ],
)
def test_a_rule_is_looked_for_in_the_types_it_names_and_a_generic_one_in_all(kind: FileKind, rules: set[str]) -> None:
    assert _rules(kind) == rules


def test_mapped_files_go_the_same_way(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"a needle")
    descriptor = os.open(tmp_path / "file", os.O_RDONLY)
    recogniser = Recogniser(BorealEngine(), Signatures({"x": RULES}))
    hits = recogniser.recognise_open_file(descriptor, 8, FileKind.ELF)
    os.close(descriptor)
    assert {hit.rule for hit in hits} == {"any_file", "in_elf"}


def test_kinds_that_the_same_rules_concern_share_one_matcher() -> None:
    compiled = []

    class Counting(BorealEngine):
        def compile(self, rules: dict[str, str]) -> Matcher:  # type: ignore[override]
            compiled.append(rules)
            return super().compile(rules)

    recogniser = Recogniser(Counting(), Signatures({"x": RULES}))
    for kind in FileKind:
        recogniser.recognise(b"", kind)
    assert len(compiled) == 3


def test_rules_that_do_not_compile_are_known_before_a_file_is_looked_at() -> None:
    with pytest.raises(EngineError):
        Recogniser(BorealEngine(), Signatures({"x": "rule a { condition: nothing }"}))


def test_a_hash_is_only_asked_of_content_of_its_size() -> None:
    empty = "d41d8cd98f00b204e9800998ecf8427e"
    recogniser = Recogniser(BorealEngine(), Signatures({}, (FileHash("md5", empty, 64),)))
    assert recogniser.recognise(b"", FileKind.OTHER) == ()
