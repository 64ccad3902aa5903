"""The database of rpm: real ones, made by rpm itself, and damaged ones."""

import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest
from tests import rpm_system

from quetsach.endpoint.host.packages import PackageFile, package_files, unread_database
from quetsach.endpoint.host.posix.folder import PosixTree

FILES = {b"rpmdb.sqlite": "sqlite", b"Packages.db": "ndb", b"Packages": "berkeley"}


@pytest.fixture(scope="session")
def systems(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return one system for each form of the database."""
    top = tmp_path_factory.mktemp("rpm")
    rpm_system.install(top / "sqlite", top)
    for form in rpm_system.FORMS[1:]:
        shutil.copytree(top / "sqlite", top / form, symlinks=True)
        rpm_system.convert(top / form, form)
    return {form: top / form for form in rpm_system.FORMS}


@pytest.fixture(params=rpm_system.FORMS)
def system(request: pytest.FixtureRequest, systems: dict[str, Path], tmp_path: Path) -> Path:
    """Return a copy of a system that a test may change."""
    return Path(shutil.copytree(systems[request.param], tmp_path / "system", symlinks=True))


def _database(system: Path) -> Path:
    [found] = [path for path in (system / rpm_system.DATABASE).iterdir() if path.name.encode() in FILES]
    return found


def test_the_form_of_the_database_is_the_one_asked_for(systems: dict[str, Path]) -> None:
    assert {form: FILES[_database(system).name.encode()] for form, system in systems.items()} == {
        form: form for form in rpm_system.FORMS
    }


def test_files_of_packages_are_known_with_every_algorithm(system: Path) -> None:
    assert package_files(
        PosixTree(system), [b"/usr/bin/tool", b"/usr/bin/editor", b"/usr/bin/kernel", b"/usr/bin/x"]
    ) == {
        b"/usr/bin/tool": PackageFile("tool", is_intact=True),
        b"/usr/bin/editor": PackageFile("editor", is_intact=True),
        b"/usr/bin/kernel": PackageFile("kernel", is_intact=True),
    }
    assert not unread_database(PosixTree(system))


def test_what_is_intact_is_what_rpm_itself_calls_intact(system: Path) -> None:
    (system / "usr/bin/tool").write_text("infected\n")
    (system / "etc/editor.conf").write_text("changed by its owner\n")
    (system / "usr/share/editor/7.txt").write_text("infected\n")
    (system / "usr/share/kernel/7.txt").unlink()
    paths = [
        b"/" + str(path.relative_to(system)).encode()
        for path in system.rglob("*")
        if path.is_file(follow_symlinks=False)
    ]
    found = package_files(PosixTree(system), paths)
    changed = {path.decode() for path, file in found.items() if not file.is_intact}
    assert changed == rpm_system.verified(system) == {"/usr/bin/tool", "/etc/editor.conf", "/usr/share/editor/7.txt"}
    assert len(found) == sum(2 + files for _, files in rpm_system.PACKAGES.values()) - 1


def test_a_file_that_a_package_only_names_is_not_intact(system: Path) -> None:
    ghost = system / "usr/share/tool/ghost"
    ghost.write_text("")
    assert package_files(PosixTree(system), [b"/usr/share/tool/ghost"]) == {
        b"/usr/share/tool/ghost": PackageFile("tool", is_intact=False)
    }


def test_a_database_cut_off_answers_for_what_is_left_and_is_said(system: Path) -> None:
    database = _database(system)
    whole = database.read_bytes()
    paths = [b"/usr/bin/" + name.encode() for name in rpm_system.PACKAGES]
    for size in (0, 3, 60, 200, 5_000, *range(10_000, len(whole), 10_000)):
        database.write_bytes(whole[:size])
        found = package_files(PosixTree(system), paths)
        assert all(file.is_intact for file in found.values())
        assert unread_database(PosixTree(system)) or len(found) == len(paths)


def test_a_database_of_another_form_is_said(system: Path) -> None:
    _database(system).write_bytes(b"\x30" * 8192)
    assert unread_database(PosixTree(system))
    assert package_files(PosixTree(system), [b"/usr/bin/tool"]) == {}


def test_a_system_without_rpm_has_no_unread_database(tmp_path: Path) -> None:
    (tmp_path / "var/lib/rpm").mkdir(parents=True)
    assert not unread_database(PosixTree(tmp_path))


def test_a_page_that_is_its_own_parent_ends_the_reading(tmp_path: Path) -> None:
    database = tmp_path / rpm_system.DATABASE / "rpmdb.sqlite"
    database.parent.mkdir(parents=True)
    connection = sqlite3.connect(database)
    connection.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB)")
    connection.executemany("INSERT INTO Packages (blob) VALUES (?)", [(bytes(500),)] * 50)
    connection.commit()
    connection.close()
    content = bytearray(database.read_bytes())
    size = int.from_bytes(content[16:18])
    content[size + 8 : size + 12] = (2).to_bytes(4)
    database.write_bytes(content)
    assert unread_database(PosixTree(tmp_path))


def test_rpm_reads_the_hash_of_berkeley_db_that_the_test_wrote(systems: dict[str, Path]) -> None:
    ask = ["rpm", "--root", str(systems["berkeley"]), "--dbpath", f"/{rpm_system.DATABASE}", "-qa", "--qf", "%{NAME} "]
    seen = subprocess.run(ask, check=True, capture_output=True, text=True).stdout
    assert sorted(seen.split()) == sorted(rpm_system.PACKAGES)
