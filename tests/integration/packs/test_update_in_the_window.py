"""The window updates packs and the tool itself: one question, and the old version stays until the new one works."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.integration.packs.simulated_centre import Centre, pack_of, release_of
from tests.unit.packs.test_side_by_side import bundle

from quetsach.cli import desktop_update
from quetsach.cli.desktop import Desktop
from quetsach.endpoint.window.use_cases import ScanProgress, Upgraded
from quetsach.packs import upgrade
from quetsach.packs.downloads import LIST_FILE
from quetsach.packs.source import Trust
from quetsach.packs.upgrade import Build, in_use

type Courses = list[ScanProgress]


@pytest.fixture
def desktop(centre: Centre, tmp_path: Path, top: Path, monkeypatch: pytest.MonkeyPatch) -> Desktop:
    """The use cases of a tool whose centre offers version 1.1."""
    centre.offer(packs=pack_of("2026.01.01"), tools=release_of(tmp_path, "1.1", bundle("1.1")))
    root = (centre.folder / "metadata" / "1.root.json").read_bytes()
    monkeypatch.setattr(desktop_update, "own_trust", lambda _state: Trust(root, centre.url))
    return Desktop(tmp_path / "state")


def _upgrade(desktop: Desktop, courses: Courses | None = None) -> Upgraded:
    found = desktop.update().upgrade
    assert found is not None
    return desktop.upgrade(found, (courses if courses is not None else []).append)


def test_packs_come_first_and_a_newer_version_is_named(desktop: Desktop, top: Path) -> None:
    updated = desktop.update()
    assert (updated.installed, updated.refusal, updated.tool) == (1, "", "newer")
    assert updated.upgrade is not None
    assert (updated.upgrade.version, updated.upgrade.is_allowed) == ("1.1", True)
    assert in_use(top) == "1.0"  # nothing was put in place yet


def test_it_is_fetched_tried_and_put_in_place(desktop: Desktop, top: Path) -> None:
    courses: Courses = []
    upgraded = _upgrade(desktop, courses)
    assert (upgraded.version, upgraded.refusal, upgraded.trouble, upgraded.new_file) == ("1.1", "", None, "")
    assert in_use(top) == "1.1"
    assert (top / "1.0").is_dir()
    fetching, trial = [one for one in courses if not one.total], courses[-1]
    assert fetching[-1].share == 1.0
    assert (trial.total, trial.share) == (1, None)


def test_nothing_newer_is_told(desktop: Desktop, top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upgrade, "own_build", lambda: Build("linux", "bundle", "x64", "1.1", top))
    updated = desktop.update()
    assert (updated.tool, updated.upgrade) == ("newest", None)


def test_a_wheel_is_left_to_whoever_installed_it(desktop: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upgrade, "own_build", lambda: None)
    updated = desktop.update()
    assert (updated.installed, updated.tool, updated.upgrade) == (1, "elsewhere", None)


def test_an_altered_version_is_refused_and_the_old_one_stays(desktop: Desktop, centre: Centre, top: Path) -> None:
    found = desktop.update().upgrade
    assert found is not None
    file = next((centre.folder / "targets" / "tools").glob("*.tar.xz"))
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    assert desktop.upgrade(found, lambda _: None).refusal == "altered"
    assert in_use(top) == "1.0"


def test_a_version_that_does_not_work_is_refused_with_its_reason(
    desktop: Desktop, centre: Centre, top: Path, tmp_path: Path
) -> None:
    program = "#!/bin/sh\necho a worker process does not answer >&2\nexit 1\n"
    centre.offer(tools=release_of(tmp_path, "1.2", bundle("1.2", program=program)))
    upgraded = _upgrade(desktop)
    assert upgraded.trouble is not None
    assert (upgraded.trouble.what, upgraded.trouble.hint) == (
        "the new version does not work here",
        "a worker process does not answer",
    )
    assert in_use(top) == "1.0"


def test_a_list_of_downloads_that_cannot_be_read_is_said_and_the_packs_are_there(
    desktop: Desktop, centre: Centre
) -> None:
    centre.offer(tools={LIST_FILE: b"{"})
    updated = desktop.update()
    assert (updated.installed, updated.tool, updated.tool_refusal) == (1, "refused", "bad-list")


def test_packs_that_this_version_cannot_use_do_not_hide_the_version_that_can(desktop: Desktop, centre: Centre) -> None:
    packs = dict.fromkeys(pack_of("2027.01.01"), b"of another age")
    centre.offer(packs=packs)
    updated = desktop.update()
    assert (updated.refusal, updated.tool) == ("bad-pack", "newer")


def test_a_centre_that_is_gone_meanwhile_is_told(desktop: Desktop, centre: Centre, top: Path) -> None:
    found = desktop.update().upgrade
    assert found is not None
    handle = replace(found.handle, trust=Trust(found.handle.trust.root, "http://127.0.0.1:9"))
    assert desktop.upgrade(replace(found, handle=handle), lambda _: None).refusal == "unreachable"
    assert in_use(top) == "1.0"


@pytest.mark.parametrize(
    ("words", "told"), [([], "gui --lang vi"), (["gui", "--root", "/x"], "gui --root /x --lang vi")]
)
def test_the_new_version_is_opened_with_the_words_of_the_old_one(
    words: list[str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "quetsach"
    program.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/told\n')
    program.chmod(0o755)
    monkeypatch.setattr(sys, "argv", ["quetsach", *words])
    assert Desktop(tmp_path).start_anew(Upgraded("1.1", handle=program), "vi")
    assert (tmp_path / "told").read_text().strip() == told


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # it is left to run, as it shall be
@pytest.mark.parametrize(("content", "comes"), [("exec sleep 2", True), ("exit 1", False)])
def test_a_window_that_does_not_come_is_noticed(
    content: str, comes: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "new.exe"
    program.write_text(f"#!/bin/sh\n{content}\n")
    program.chmod(0o755)
    monkeypatch.setattr(desktop_update, "_COMING_SECONDS", 0.5)
    assert Desktop(tmp_path).start_anew(Upgraded("1.1", new_file=str(program), handle=program), "vi") is comes


def test_a_program_that_is_not_there_has_not_come(tmp_path: Path) -> None:
    assert not Desktop(tmp_path).start_anew(Upgraded("1.1", handle=tmp_path / "gone"), "vi")
