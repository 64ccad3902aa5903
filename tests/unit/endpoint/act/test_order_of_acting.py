"""In which order a session's steps are carried out, those too that came while it was suspending."""

from types import SimpleNamespace

import pytest

from quetsach.core.text import LocalText
from quetsach.endpoint.act import clean
from quetsach.endpoint.act.clean import run_all
from quetsach.endpoint.artefact import FileAnchor, ProcessAnchor
from quetsach.endpoint.plan.step import KillProcess, QuarantineFile, Step
from quetsach.endpoint.store.session import Progress

FILE = QuarantineFile(FileAnchor(b"/x.exe", 1, 2, 3, 4, 5, ""))


def _order(monkeypatch: pytest.MonkeyPatch, platform: str, *, is_live: bool) -> list[int]:
    """Return the order in which a planned end, a file, an archive and two late comers are taken."""
    ends = [KillProcess(ProcessAnchor(pid, 1, b"/x.exe", deleted=False)) for pid in (1, 2, 3)]
    targets = [ends[0], FILE, FILE, ends[1], ends[2]]
    why = LocalText("vì", "why")
    progress = {n: Progress(Step(n, target, "x", (), why, "")) for n, target in enumerate(targets, 1)}
    where = SimpleNamespace(
        host=SimpleNamespace(is_live=is_live, platform=platform), session=SimpleNamespace(progress=progress)
    )
    taken: list[int] = []
    monkeypatch.setattr(clean, "carry_out", lambda _where, number: taken.append(number))
    run_all(where, lambda _step: None)
    return taken


def test_a_running_windows_keeps_files_that_run_so_what_runs_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _order(monkeypatch, "windows", is_live=True) == [1, 4, 5, 2, 3]


@pytest.mark.parametrize(("platform", "is_live"), [("windows", False), ("linux", True)])
def test_elsewhere_the_numbers_are_the_order(monkeypatch: pytest.MonkeyPatch, platform: str, is_live: bool) -> None:
    assert _order(monkeypatch, platform, is_live=is_live) == [1, 2, 3, 4, 5]
