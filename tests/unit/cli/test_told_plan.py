"""A plan says of every change what it is, what is there now, and every reason for it."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.infection_of_windows import infect, registry_findings, windows_findings

from quetsach.cli.confirmation import format_held, format_plan_step
from quetsach.core.pack import Action
from quetsach.core.text import LocalText
from quetsach.endpoint.artefact import Finding
from quetsach.endpoint.host.offline.windows import mounted_windows
from quetsach.endpoint.plan.plan import make_plan


def _told(root: Path, findings: tuple[Finding, ...]) -> str:
    host = mounted_windows(root)
    known = {finding.id: finding for finding in findings}
    steps = make_plan(findings, host, root / "state").steps
    told = (format_plan_step(step, "en", findings=known, registry=host.registry) for step in steps)
    return "\n".join(line for step in told for line in step)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    infect(tmp_path)
    return tmp_path


def test_each_edit_shows_what_is_there_now(root: Path) -> None:
    told = _told(root, windows_findings(root))
    assert 'Winlogon: set Shell to "explorer.exe" (now: "explorer.exe,C:\\qzk.exe")' in told
    assert 'Run: remove Qzk (now: "C:\\qzk.exe")' in told
    assert "Services\\qzkvxw: remove this key and all below it" in told
    assert "line 3: 0.0.0.0 update.example.test\n" in told


def test_each_finding_that_a_step_deals_with_gives_its_reason_and_repairs_say_so(root: Path) -> None:
    findings = registry_findings(mounted_windows(root).registry)
    findings = tuple(
        replace(one, id=f"{n}", why=LocalText("", f"reason {n}"), evidence=f"seen {n}")
        for n, one in enumerate(findings)
    )
    told = _told(root, findings)
    for number, one in enumerate(findings):
        kind = "repair" if one.action == "restore-default" else "why"
        assert f"{kind}: reason {number}" in told
        assert f"evidence: seen {number}" in told


def test_the_same_reason_is_said_once_and_very_many_are_counted(root: Path) -> None:
    one = registry_findings(mounted_windows(root).registry)[0]
    same = (one, replace(one, id="again"))
    assert _told(root, same).count("why: ") == 1
    many = tuple(replace(one, id=f"{n}", evidence=f"seen {n}") for n in range(25))
    assert "and 5 more findings" in _told(root, many)


def test_very_many_alike_that_are_left_alone_are_counted(root: Path) -> None:
    one = replace(windows_findings(root)[0], action=Action.REPORT, why=LocalText("tệp bị mã hóa", "an encrypted file"))
    many = tuple(replace(one, id=f"{n}") for n in range(1_000))
    other = replace(one, id="other", why=LocalText("lá thư", "a letter"))
    plan = make_plan((*many, other), mounted_windows(root), root / "state")
    told = list(format_held(plan, "en"))
    assert "LEFT ALONE and only reported, 1001 findings:" in told
    assert "  ○ … and 980 more like that: an encrypted file" in told
    assert len(told) == 2 + 20 + 1 + 1
