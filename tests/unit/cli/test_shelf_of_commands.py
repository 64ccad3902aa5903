"""Which packs a command works with."""

import argparse
import os
import shutil
from pathlib import Path

import pytest

from quetsach.cli.shelf import packs_for, unlisted_families
from quetsach.packs import PackError
from quetsach.packs.container import pack, read_folder
from quetsach.packs.installed import install
from quetsach.packs.load import load_shelf

SHELF = Path(__file__).parents[3] / "packs"


def _version_of_eicar(state: Path, *packs: Path) -> str:
    arguments = argparse.Namespace(pack=list(packs), state=state)
    return {pack.family: pack.version for pack in packs_for(arguments)}["eicar"]


def _install(state: Path, version: str) -> None:
    folder = Path(shutil.copytree(SHELF / "eicar", state / "made" / version))
    text = (folder / "pack.toml").read_text().replace("2026.11.25", version)
    (folder / "pack.toml").write_text(text)
    install(state, {"eicar.qsp": pack(read_folder(folder))})


def test_without_an_update_the_bundled_packs_count(tmp_path: Path) -> None:
    assert _version_of_eicar(tmp_path) == "2026.11.25"


@pytest.mark.parametrize(("installed", "expected"), [("2099.01.01", "2099.01.01"), ("2020.01.01", "2026.11.25")])
def test_of_installed_and_bundled_the_newer_counts(tmp_path: Path, installed: str, expected: str) -> None:
    _install(tmp_path, installed)
    assert _version_of_eicar(tmp_path) == expected


def test_a_family_that_the_centre_withdrew_is_not_brought_back_by_the_bundle(tmp_path: Path) -> None:
    _install(tmp_path, "2099.01.01")
    assert {pack.family for pack in packs_for(argparse.Namespace(pack=None, state=tmp_path))} == {"eicar"}


def test_families_that_the_centre_withdrew_are_told(tmp_path: Path) -> None:
    arguments = argparse.Namespace(pack=None, state=tmp_path)
    assert unlisted_families(arguments) == ()
    _install(tmp_path, "2099.01.01")
    assert unlisted_families(arguments) == tuple(p.family for p in load_shelf(SHELF) if p.family != "eicar")
    assert unlisted_families(argparse.Namespace(pack=[SHELF / "eicar"], state=tmp_path)) == ()


def test_a_named_pack_counts_alone(tmp_path: Path) -> None:
    _install(tmp_path, "2099.01.01")
    assert _version_of_eicar(tmp_path, SHELF / "eicar") == "2026.11.25"


def test_an_empty_shelf_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="no pack"):
        packs_for(argparse.Namespace(pack=[tmp_path], state=tmp_path))


def test_packs_that_somebody_else_laid_into_the_state_are_not_looked_with(tmp_path: Path) -> None:
    _install(tmp_path / "state", "2099.01.01")
    arguments = argparse.Namespace(pack=None, state=tmp_path / "state")
    os.chown(tmp_path / "state", 65_534, 65_534)
    assert _version_of_eicar(tmp_path / "state") == "2026.11.25"
    assert len(packs_for(arguments)) == len(load_shelf(SHELF))
    assert unlisted_families(arguments) == ()
