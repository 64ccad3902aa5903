"""What of this tool goes onto a stick."""

import sys
import tarfile
from importlib.metadata import distribution
from io import BytesIO
from pathlib import Path

from packaging.requirements import Requirement

from quetsach.rescue import volumes
from quetsach.rescue.system import DEPENDENCIES, PACKAGE_FOLDER, overlay_files, tool_files, write_archive

BUNDLED = {"packs/eicar.qsp": b"pack", "trust/root.json": b"root"}


def needed_by(name: str, extras: frozenset[str] = frozenset()) -> set[str]:
    """Return what a distribution needs here, by its own word, and what these need."""
    found = set()
    for line in distribution(name).requires or ():
        requirement = Requirement(line)
        environments = [{"extra": extra} for extra in extras or {""}]
        if requirement.marker is None or any(map(requirement.marker.evaluate, environments)):
            found |= {requirement.name.lower()} | needed_by(requirement.name, frozenset(requirement.extras))
    return found


def test_all_that_the_bare_tool_needs_goes_with_it() -> None:
    assert needed_by("quetsach") == set(DEPENDENCIES)


def test_the_tool_goes_with_the_packs_that_are_given_and_without_the_server() -> None:
    names = dict(tool_files(BUNDLED))
    ours = {
        name.removeprefix(f"{PACKAGE_FOLDER}/quetsach/")
        for name in names
        if name.startswith(f"{PACKAGE_FOLDER}/quetsach/")
    }
    assert {"cli/main.py", "endpoint/locale/vi/LC_MESSAGES/messages.mo", "rescue/volumes.py"} <= ours
    assert {name for name in ours if name.startswith("bundled/")} == {f"bundled/{name}" for name in BUNDLED}
    assert not [name for name in ours if name.startswith(("web/", "centre/", "lake/", "simulate/"))]
    assert f"{PACKAGE_FOLDER}/boreal/boreal.abi3.so" in names
    assert not [name for name in names if "__pycache__" in name or ".." in name]


def test_the_tool_on_the_stick_starts_alone(tmp_path: Path) -> None:
    import subprocess

    archive = tmp_path / "tool.tar"
    write_archive(archive, tool_files(BUNDLED), epoch=0)
    with tarfile.open(archive) as stream:
        stream.extractall(tmp_path, filter="data")
    place = tmp_path / PACKAGE_FOLDER
    code = f"import sys; sys.path = [{str(place)!r}] + [p for p in sys.path if 'site-packages' not in p]\n"
    code += "from quetsach.cli.main import main; sys.exit(main(['rescue', '--help']))"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "start" in done.stdout


def test_an_archive_is_the_same_whenever_it_is_made(tmp_path: Path) -> None:
    files = list(overlay_files())
    for name, given in (("one", files), ("two", reversed(files))):
        write_archive(tmp_path / name, given, epoch=1_700_000_000)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_what_starts_is_executable_and_nothing_else_is(tmp_path: Path) -> None:
    write_archive(tmp_path / "archive", overlay_files(), epoch=0)
    with tarfile.open(fileobj=BytesIO((tmp_path / "archive").read_bytes())) as archive:
        members = archive.getmembers()
        scripts = {one.name for one in members if (file := archive.extractfile(one)) and file.read(2) == b"#!"}
    assert {one.name for one in members if one.mode & 0o111} == scripts
    assert all(one.uid == one.gid == 0 and not one.mode & 0o022 for one in members)


def test_a_disk_that_never_answers_keeps_the_tool_from_no_start() -> None:
    units = {name: content.decode() for name, content in overlay_files() if name.endswith(".service")}
    assert len(units) == 3
    for name, text in units.items():
        before = [line for line in text.splitlines() if line.startswith("ExecStartPre=")]
        assert before, name
        assert all(line.startswith("ExecStartPre=-") for line in before), name  # a failure is passed over


def test_the_start_menu_leads_to_the_window_and_only_its_text_mode_to_the_console() -> None:
    files = {name: content.decode() for name, content in overlay_files() if not name.endswith(".gz")}
    units = "etc/systemd/system/quetsach"
    assert "ConditionKernelCommandLine=!quetsach.text\n" in files[f"{units}-screen.service"]
    assert "/usr/lib/quetsach/tool --terminal" in files["usr/lib/quetsach/screen"]
    assert not [line for line in files["etc/matchbox/kbdconfig"].splitlines() if not line.startswith("#")]
    menu = (Path(volumes.__file__).parent / "grub.cfg").read_text("utf-8").split("menuentry ")[1:]
    modes = ["quetsach.text systemd.wants=quetsach-console.service" in one for one in menu]
    assert modes == [False, False, True, True, False, False]
