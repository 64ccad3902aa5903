"""Whatever the office writes to the log has a name there."""

import ast
import re
from enum import StrEnum
from pathlib import Path

import pytest

from quetsach.campaign.helpdesk import Step as CaseStep
from quetsach.campaign.returns.state import Act as ReturnAct
from quetsach.installation import bundled
from quetsach.web import office
from quetsach.web.office.audit.words import ACT_TITLES, DETAIL_TITLES, TITLES, names_in, particulars, subject_names
from quetsach.web.office.returns.services.assignment import form_load

SOURCES = sorted(Path(office.__file__).parent.rglob("*.py"))
LITERAL = re.compile(r'(?:\bact=|_log\((?:\w+, )*|_write\(\w+, )"([a-z]+(?:-[a-z]+)*)"')
SUBJECT = re.compile(r'\bsubject=f?"([a-z-]+)[:"]')


def written() -> set[str]:
    """Read from the code the acts that are written by name."""
    return {act for path in SOURCES for act in LITERAL.findall(path.read_text("utf-8"))}


def test_the_code_writes_acts() -> None:
    assert len(written()) > 30


def test_every_act_has_a_title() -> None:
    assert {act for act in written() if "-" in act} - set(ACT_TITLES) == set()


def test_every_kind_of_subject_has_a_title() -> None:
    kinds = {kind for path in SOURCES for kind in SUBJECT.findall(path.read_text("utf-8"))}
    assert len(kinds) > 15
    assert kinds - set(TITLES) == set()


@pytest.mark.parametrize(("before", "steps"), [("return", ReturnAct), ("case", CaseStep)])
def test_every_step_of_a_return_and_of_a_case_has_a_title(before: str, steps: type[StrEnum]) -> None:
    assert {f"{before}-{step}" for step in steps} - set(ACT_TITLES) == set()


def details() -> set[str]:
    """Read from the code the names of particulars that are written: keys of what is called detail."""
    found: set[str] = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            is_detail = (isinstance(node, ast.keyword) and node.arg == "detail") or (
                isinstance(node, ast.Assign) and any(getattr(name, "id", "") == "detail" for name in node.targets)
            )
            if is_detail:
                inner = (part for part in ast.walk(node) if isinstance(part, ast.Dict))
                found |= {key.value for part in inner for key in part.keys if isinstance(key, ast.Constant)}
    return found


def test_every_particular_has_a_name() -> None:
    assert len(details()) > 20
    assert details() - set(DETAIL_TITLES) == set()


def test_particulars_are_told_in_words() -> None:
    detail = {"role": "editor", "by_mail": True, "packs": ["a", "b"], "reason": "", "strange": 3}
    assert [(str(name), value) for name, value, _is_checksum in particulars(detail)] == [
        ("vai trò", "Chuyên viên đơn vị"),
        ("qua thư điện tử", "có"),
        ("gói", "a, b"),
        ("lý do", "–"),
        ("strange", "3"),
    ]


def test_values_that_are_keys_are_told_by_name(units) -> None:
    detail = {"targets": ["31-2025", "31-2025 commune"], "parent": "31-2025", "missing": [], "campaign": "none"}
    called = names_in([detail, {}])
    assert [value for _name, value, _is_checksum in particulars(detail, called)] == [
        "Thành phố Hải Phòng, Thành phố Hải Phòng: Xã, phường, thị trấn, đặc khu",
        "Thành phố Hải Phòng",
        "–",
        "none",
    ]


def test_packs_and_forms_are_told_by_name(db) -> None:
    path = bundled("data") / "forms" / "unit-return-1.toml"
    form_load(content=path.read_bytes(), file=path.name)
    assert names_in([{"form": "unit-return-1"}]) == {"unit-return-1": "Báo cáo kết quả rà soát và bóc gỡ mã độc, bản 1"}
    assert subject_names(["packs:general", "packs:sality"]) == {
        "packs:general": "gói: cho mọi máy",
        "packs:sality": "gói: sality",
    }
