"""Evidence is told with fields named in the language of the reader; what was seen stays as it was seen."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quetsach.core.pack import Pack
from quetsach.endpoint.messages.formatting import _FIELDS, format_evidence
from quetsach.packs.load import load_shelf

SHELF = Path(__file__).parents[3] / "packs"


@pytest.mark.parametrize(
    ("evidence", "told"),
    [
        ("place: firewall; name: EnableFirewall; data: 0", "nơi: firewall; tên: EnableFirewall; dữ liệu: 0"),
        ("place: safe-boot; missing: yes", "nơi: safe-boot; bị thiếu: có"),
        ("mirai_program (Quét Sạch), in memory", "mirai_program (Quét Sạch), trong bộ nhớ"),
        ("path: /a; → /tmp/name: x", "đường dẫn: /a; → /tmp/name: x"),
        ("unheard_of: x", "unheard_of: x"),
    ],
)
def test_fields_are_named_and_their_content_is_not_touched(evidence: str, told: str) -> None:
    assert format_evidence(evidence, "vi") == told
    assert format_evidence("place: safe-boot; missing: yes", "en") == "place: safe-boot; missing: yes"


@given(st.text())
def test_any_evidence_can_be_told(evidence: str) -> None:
    assert len(format_evidence(evidence, "vi").split("; ")) >= len(evidence.split("; "))


@pytest.mark.parametrize("pack", load_shelf(SHELF), ids=lambda pack: pack.family)
def test_every_field_that_the_shelf_tests_has_a_name(pack: Pack) -> None:
    fields = {name for trait in pack.traits for name, _ in (*trait.match, *trait.listed)}
    assert fields <= _FIELDS.keys()
