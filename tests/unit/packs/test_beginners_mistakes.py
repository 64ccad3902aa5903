"""What someone who writes a first pack gets wrong is told by file, line and field, with what to do."""

from pathlib import Path

import pytest

from quetsach.cli.main import main
from quetsach.packs import PackError
from quetsach.packs.check import Problem, check_pack
from quetsach.packs.specimen import specimens_of


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A new pack for Windows."""
    assert main(["packs", "new", "mine", "--out", str(tmp_path)]) == 0
    return tmp_path / "mine"


def _problem_after(pack: Path, name: str, old: str, new: str) -> Problem:
    text = (pack / name).read_text()
    assert old in text
    (pack / name).write_text(text.replace(old, new, 1))
    problem, *_ = check_pack(pack).problems
    return problem


def _line(path: Path, text: str) -> int:
    return 1 + next(n for n, line in enumerate(path.read_text().splitlines()) if text in line)


def test_a_mistyped_field_of_a_match_is_named_with_those_there_are(pack: Path) -> None:
    problem = _problem_after(pack, "recipe.toml", "match.data =", "match.dta =")
    assert problem.where == f"{pack}/recipe.toml:{_line(pack / 'recipe.toml', 'match.dta')}: trait 4 (update-off)"
    assert problem.what == "a registry-value has no field 'dta'"
    assert problem.hint.startswith("one of place, key, name, type, data, ")


def test_a_pattern_that_does_not_compile_is_found_by_its_line(pack: Path) -> None:
    problem = _problem_after(pack, "recipe.toml", "'^4$'", "'^(4$'")
    assert problem.where.startswith(f"{pack}/recipe.toml:{_line(pack / 'recipe.toml', '^(4$')}: ")
    assert problem.what == "the pattern of 'data' does not compile: syntax error"
    assert "between its slashes" in problem.hint


def test_a_trait_that_no_system_of_the_pack_can_show_is_named(pack: Path) -> None:
    problem = _problem_after(pack, "pack.toml", '["windows"]', '["linux"]')
    assert problem.where == f"{pack}/recipe.toml:{_line(pack / 'recipe.toml', 'service') + 1}: trait service: kind"
    assert problem.what == "a service is not looked for on linux"
    assert problem.hint == "it is of windows: mend `platforms` in pack.toml, or the kind"


def test_a_file_that_is_no_pack_is_named(pack: Path) -> None:
    (problem,) = check_pack(pack / "pack.toml").problems
    assert problem.where == str(pack / "pack.toml")
    assert "folder" in problem.hint


def test_the_line_of_a_specimen_is_told_where_the_folder_was_named_from_here(
    pack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (pack / "specimen.py").write_text("first = 1\nsecond = first / 0\n")
    monkeypatch.chdir(pack.parent)
    with pytest.raises(PackError) as told:
        specimens_of(Path("mine"), ["windows"])
    assert told.value.where == "mine/specimen.py:2"
