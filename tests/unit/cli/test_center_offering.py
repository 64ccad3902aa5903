"""What a centre offers: the wheel, sealed with its root, and a release as it was built."""

import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from quetsach.cli.center.offering import files_to_publish, not_vouched_for, show_published
from quetsach.core.errors import QuetsachError
from quetsach.core.help_line import read_help_line
from quetsach.packs.downloads import LIST_FILE, ReleaseError, add_downloads, described
from quetsach.packs.keys import load_keys, new_keys
from quetsach.packs.repository import publish

NAME = "quetsach-2.0-py3-none-any.whl"
ADDRESS = "https://centre.example/repository/"


@pytest.fixture
def given(tmp_path: Path) -> Path:
    """A folder with a wheel and a release, as a build leaves it."""
    folder = tmp_path / "build"
    folder.mkdir()
    with zipfile.ZipFile(folder / NAME, "w") as archive:
        archive.writestr("quetsach/__init__.py", "")
        archive.writestr("quetsach-2.0.dist-info/RECORD", "")
    (folder / "setup.exe").write_bytes(b"MZ setup")
    (folder / "windows.cdx.json").write_text("{}")
    add_downloads(folder, [described(folder / "setup.exe", system="windows", kind="setup", version="2.0")])
    return folder


def _offer(tmp_path: Path, given: Path) -> list[str]:
    files = files_to_publish(tmp_path / "tool", [given], root=b"root", repository=ADDRESS)
    show_published(tmp_path / "tool", files)
    return [path.name for path in files]


def test_wheel_and_release_are_offered_together(tmp_path: Path, given: Path) -> None:
    assert _offer(tmp_path, given) == [NAME, "setup.exe", LIST_FILE]
    assert (tmp_path / "tool" / LIST_FILE).read_bytes() == (given / LIST_FILE).read_bytes()
    with zipfile.ZipFile(tmp_path / "tool" / NAME) as wheel:
        assert wheel.read("quetsach/bundled/trust/root.json") == b"root"
    assert json.loads((tmp_path / "tool" / "tool.json").read_text())["version"] == "2.0"


def test_another_telephone_is_sealed_into_the_wheel_anew(tmp_path: Path, given: Path) -> None:
    for phone in ("024 0000 0000", "024 0000 0001"):
        line = read_help_line(phone=phone)
        files_to_publish(tmp_path / "tool", [given], root=b"root", repository=ADDRESS, help_line=line)
        with zipfile.ZipFile(tmp_path / "tool" / NAME) as wheel:
            assert json.loads(wheel.read("quetsach/bundled/trust/help.json"))["phone"] == phone


def test_a_wheel_alone_takes_the_release_off_the_page(tmp_path: Path, given: Path) -> None:
    _offer(tmp_path, given)
    assert _offer(tmp_path, given / NAME) == [NAME]
    assert not (tmp_path / "tool" / LIST_FILE).exists()


def test_a_release_alone_takes_the_wheel_off_the_page(tmp_path: Path, given: Path) -> None:
    _offer(tmp_path, given)
    (given / NAME).unlink()
    assert _offer(tmp_path, given) == ["setup.exe", LIST_FILE]
    assert not (tmp_path / "tool" / "tool.json").exists()


def test_offered_once_more_nothing_is_written(tmp_path: Path, given: Path) -> None:
    _offer(tmp_path, given)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "tool").iterdir()}
    _offer(tmp_path, given)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "tool").iterdir()} == before


def test_a_file_that_is_not_the_listed_one_is_not_offered(tmp_path: Path, given: Path) -> None:
    (given / "setup.exe").write_bytes(b"MZ other")
    with pytest.raises(ReleaseError, match=r"setup\.exe"):
        _offer(tmp_path, given)
    assert not (tmp_path / "tool").exists()


@pytest.mark.parametrize("wheels", [0, 2])
def test_nothing_to_offer_or_two_wheels_are_refused(tmp_path: Path, given: Path, wheels: int) -> None:
    (given / LIST_FILE).unlink()
    if wheels:
        (given / "quetsach-3.0-py3-none-any.whl").write_bytes(b"")
    else:
        (given / NAME).unlink()
    with pytest.raises(QuetsachError, match="wheel"):
        _offer(tmp_path, given)


def test_a_release_may_lie_in_a_folder_of_its_own(tmp_path: Path, given: Path) -> None:
    (tmp_path / "wheel").mkdir()
    (given / NAME).rename(tmp_path / "wheel" / NAME)
    files = files_to_publish(tmp_path / "tool", [tmp_path / "wheel", given], root=b"root", repository=ADDRESS)
    assert [path.name for path in files] == [NAME, "setup.exe", LIST_FILE]


def test_two_releases_are_refused(tmp_path: Path, given: Path) -> None:
    with pytest.raises(QuetsachError, match="2 releases"):
        files_to_publish(tmp_path / "tool", [given, given], root=b"root", repository=ADDRESS)


def test_files_that_would_find_no_updates_are_named(tmp_path: Path, given: Path) -> None:
    (given / "tool.tar.xz").write_bytes(b"bundle")
    bundle = described(given / "tool.tar.xz", system="linux", kind="bundle", version="2.0", root=b"of this centre")
    add_downloads(given, [bundle])
    files = files_to_publish(tmp_path / "tool", [given], root=b"root", repository=ADDRESS)
    assert not_vouched_for(files, [b"older", b"of this centre"]) == ["setup.exe"]
    assert not_vouched_for(files, [b"of another"]) == ["setup.exe", "tool.tar.xz"]


def test_all_of_it_becomes_signed_targets(tmp_path: Path, given: Path) -> None:
    new_keys(tmp_path / "keys")
    files = files_to_publish(tmp_path / "tool", [given], root=b"root", repository=ADDRESS)
    out = tmp_path / "repository"
    publish(out=out, keys=load_keys(tmp_path / "keys"), packs=None, tools=files, now=datetime.now(UTC))
    listed = json.loads(next((out / "metadata").glob("*.tools.json")).read_text())["signed"]["targets"]
    assert set(listed) == {f"tools/{NAME}", "tools/setup.exe", f"tools/{LIST_FILE}"}
    kept = {path.name.partition(".")[2] for path in (out / "targets" / "tools").iterdir()}
    assert kept == {NAME, "setup.exe", LIST_FILE}
