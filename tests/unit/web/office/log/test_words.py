"""Whatever the office writes to the log has a name there."""

import re
from enum import StrEnum
from pathlib import Path

import pytest

from quetsach.campaign.helpdesk.case_state import Step as CaseStep
from quetsach.campaign.returns.state import Act as ReturnAct
from quetsach.web import office
from quetsach.web.office.log.words import ACT_TITLES

SOURCES = sorted(Path(office.__file__).parent.rglob("*.py"))
LITERAL = re.compile(r'(?:\bact=|_log\((?:\w+, )*|_write\(\w+, )"([a-z]+(?:-[a-z]+)*)"')


def written() -> set[str]:
    """Read from the code the acts that are written by name."""
    return {act for path in SOURCES for act in LITERAL.findall(path.read_text("utf-8"))}


def test_the_code_writes_acts() -> None:
    assert len(written()) > 30


def test_every_act_has_a_title() -> None:
    assert {act for act in written() if "-" in act} - set(ACT_TITLES) == set()


@pytest.mark.parametrize(("before", "steps"), [("return", ReturnAct), ("case", CaseStep)])
def test_every_step_of_a_return_and_of_a_case_has_a_title(before: str, steps: type[StrEnum]) -> None:
    assert {f"{before}-{step}" for step in steps} - set(ACT_TITLES) == set()
