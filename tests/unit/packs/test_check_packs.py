"""What is said about a pack before it is published."""

import shutil
from pathlib import Path

import pytest

from quetsach.packs.check import check_pack

SHELF = Path(__file__).parents[3] / "packs"


@pytest.mark.parametrize("folder", sorted(p for p in SHELF.iterdir() if p.is_dir()), ids=lambda p: p.name)
def test_every_pack_of_this_repository_is_without_problems(folder: Path) -> None:
    assert check_pack(folder).problems == ()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the EICAR pack."""
    return Path(shutil.copytree(SHELF / "eicar", tmp_path / "eicar"))


def _whats(folder: Path) -> list[str]:
    return [problem.what for problem in check_pack(folder).problems]


def test_a_pack_that_cannot_be_used_has_one_problem_and_no_value(folder: Path) -> None:
    (folder / "recipe.toml").write_text("")
    checked = check_pack(folder)
    assert checked.pack is None
    assert len(checked.problems) == 1


def test_untranslated_texts_are_named(folder: Path) -> None:
    pack = (folder / "pack.toml").read_text().replace("Tệp thử EICAR", "EICAR test file")
    (folder / "pack.toml").write_text(pack)
    assert _whats(folder) == ["both languages have the same text"]


def test_decomposed_vietnamese_is_named(folder: Path) -> None:
    pack = (folder / "pack.toml").read_text().replace("Tệp", "Te\u0323\u0302p")
    (folder / "pack.toml").write_text(pack)
    assert _whats(folder) == ["the Vietnamese text is not in NFC"]


def test_guidance_without_its_sections_is_named(folder: Path) -> None:
    (folder / "guidance.en.md").write_text("# EICAR\n\nNothing to do.\n")
    assert _whats(folder) == ["it lacks sections"]


def test_a_pack_that_cannot_be_planted_is_named(folder: Path) -> None:
    (folder / "specimen.py").unlink()
    assert _whats(folder) == ["there is no specimen.py"]


def test_a_folder_with_another_name_is_named(folder: Path) -> None:
    assert _whats(folder.rename(folder.with_name("other"))) == ["the folder is not called 'eicar'"]
