"""``quetsach packs check`` and ``build``."""

import json
import shutil
from pathlib import Path

import pytest

from quetsach.cli.main import main
from quetsach.packs.load import load_pack

SHELF = Path(__file__).parents[3] / "packs"


def test_the_bundled_shelf_is_good(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["packs", "check"]) == 0
    assert "✓ good     eicar 2026.11.25: 1 trait, " in capsys.readouterr().out


def test_a_bad_pack_ends_with_3_and_says_where_and_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Path(shutil.copytree(SHELF / "eicar", tmp_path / "eicar"))
    recipe = folder / "recipe.toml"
    recipe.write_text(recipe.read_text().replace("quarantine", "burn"))
    assert main(["packs", "check", str(folder)]) == 3
    out = capsys.readouterr().out
    assert f"✗ problem  {recipe}:5: trait 1 (test-file): field 'action' is 'burn'" in out
    assert "hint: one of quarantine, report" in out


def test_a_built_pack_is_the_pack_of_its_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["packs", "build", str(SHELF / "eicar"), "--out", str(tmp_path / "new"), "--json"]) == 0
    path = Path(json.loads(capsys.readouterr().out)["path"])
    assert path.name == "eicar-2026.11.25.qsp"
    assert load_pack(path) == load_pack(SHELF / "eicar")
    assert main(["packs", "check", str(tmp_path / "new"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["problems"] == []


def test_a_pack_that_cannot_be_used_is_not_built(tmp_path: Path) -> None:
    assert main(["packs", "build", str(tmp_path), "--out", str(tmp_path / "out")]) == 3
    assert not (tmp_path / "out").exists()


def test_a_place_that_cannot_be_written_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "out").touch()
    assert main(["packs", "build", str(SHELF / "eicar"), "--out", str(tmp_path / "out")]) == 3
    assert "cannot be written" in capsys.readouterr().err
