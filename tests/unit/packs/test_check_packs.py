"""What is said about a pack before it is published."""

import re
from pathlib import Path

import pytest

from quetsach.packs.check import check_pack, check_packs
from quetsach.packs.container import pack, read_folder
from quetsach.packs.goodware import HIGHEST_COST, goodware
from quetsach.packs.load import packs_at

SHELF = Path(__file__).parents[3] / "packs"


@pytest.mark.parametrize("folder", sorted(p for p in SHELF.iterdir() if p.is_dir()), ids=lambda p: p.name)
def test_every_pack_of_this_repository_is_without_problems(folder: Path) -> None:
    assert check_pack(folder).problems == ()


@pytest.fixture
def folder(eicar_copy: Path) -> Path:
    return eicar_copy


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


RULE = 'rule needle {{ {meta} strings: $a = "needle" $b = "{b}" condition: {condition} }}'


def _write(folder: Path, rule: str, trait: str = "") -> None:
    """Give the pack other rules, with a trait for them."""
    (folder / "rules.yar").write_text(rule)
    text = 'why.vi = "vì"\nwhy.en = "because"\n'
    (folder / "recipe.toml").write_text(f'[[trait]]\nid = "x"\nrule = "needle"\n{text}{trait}')


FILE = 'kind = "file"\naction = "report"\n'


def test_an_unknown_file_type_is_named(folder: Path) -> None:
    _write(folder, RULE.format(meta='meta: file_types = "elf,exe"', b="pin", condition="any of them"), FILE)
    problems = check_pack(folder).problems
    assert [problem.what for problem in problems] == ["rule needle names the file type 'exe'"]
    assert "macho" in problems[0].hint


def test_a_rule_that_cannot_be_looked_for_in_memory_is_named(folder: Path) -> None:
    trait = 'kind = "process"\naction = "report"\nmemory = true\n'
    _write(folder, RULE.format(meta="", b="pin", condition="all of them and @a < 100"), trait)
    assert "rule needle cannot be looked for in memory" in _whats(folder)[0]


def test_a_rule_with_a_memory_variant_has_no_problem(folder: Path) -> None:
    trait = 'kind = "process"\naction = "report"\nmemory = true\n'
    _write(folder, RULE.format(meta="", b="pin", condition="all of them and filesize < 100"), trait)
    assert _whats(folder) == []


def test_a_file_that_is_to_be_cut_off_nowhere_is_named(folder: Path) -> None:
    trait = FILE.replace("report", "truncate")
    _write(folder, RULE.format(meta="", b="$cut", condition="any of them"), trait)
    assert _whats(folder) == ["its rule has no string $cut"]


def test_a_file_that_is_to_be_cut_off_somewhere_has_no_problem(folder: Path) -> None:
    trait = FILE.replace("report", "truncate")
    rule = RULE.format(meta='meta: file_types = "text"', b="pin", condition="any of them").replace("$b", "$cut")
    _write(folder, rule, trait)
    assert _whats(folder) == []


@pytest.mark.parametrize("types", ["", 'meta: file_types = "text,pe"'])
def test_a_rule_that_would_cut_other_files_than_texts_is_named(folder: Path, types: str) -> None:
    rule = RULE.format(meta=types, b="pin", condition="any of them").replace("$b", "$cut")
    _write(folder, rule, FILE.replace("report", "truncate"))
    assert _whats(folder) == ["only texts are cut off, and its rule is for other files, too"]


def test_what_the_second_engine_warns_of_is_named_with_its_line(folder: Path) -> None:
    _write(folder, RULE.format(meta="", b="pin", condition="any of them").replace('"needle"', "/n/"), FILE)
    problems = check_pack(folder).problems
    assert [problem.what for problem in problems] == ["YARA-X warns: slow pattern"]
    assert problems[0].where.endswith("rules.yar:1")


def test_what_it_says_of_style_is_not(folder: Path) -> None:
    _write(folder, RULE.format(meta="", b="pin", condition="any of them").replace('"needle"', "{ 41 42 43 }"), FILE)
    assert _whats(folder) == []


def test_what_the_second_engine_does_not_understand_is_named(folder: Path) -> None:
    _write(folder, RULE.format(meta="", b="pin", condition="any of them and entrypoint > 5"), FILE)
    (problem,) = check_pack(folder).problems
    assert problem.what == "YARA-X does not compile them: error[E017]: `entrypoint` is unsupported"
    assert problem.where == f"{folder}/rules.yar:1"


def test_problems_name_their_lines(folder: Path) -> None:
    rule = "rule first { condition: filesize == 1 }\n" + RULE.format(meta="", b="pin", condition="@a < 9 and $b")
    trait = 'why.vi = "x"\nwhy.en = "x"\n'
    (folder / "rules.yar").write_text(rule)
    (folder / "recipe.toml").write_text(
        f'[[trait]]\nid = "x"\nkind = "process"\naction = "kill"\nmemory = true\nrule = "needle"\n{trait}\n'
        f'[[trait]]\nid = "y"\nkind = "file"\naction = "truncate"\nrule = "needle"\nwhy.vi = "a"\nwhy.en = "b"\n'
    )
    assert [problem.where.removeprefix(f"{folder}/") for problem in check_pack(folder).problems] == [
        "recipe.toml:7: trait x: why",
        "rules.yar:2",
        "recipe.toml:14: trait y: rule",
    ]


def test_a_packed_file_is_checked_like_its_folder(folder: Path, tmp_path: Path) -> None:
    (folder / "pack.toml").write_text((folder / "pack.toml").read_text().replace("Tệp thử EICAR", "EICAR test file"))
    packed = tmp_path / "eicar.qsp"
    packed.write_bytes(pack(read_folder(folder)))
    assert [p.what for p in check_pack(packed).problems] == [p.what for p in check_pack(folder).problems] != []


def test_dear_and_broad_rules_are_named_with_file_line_and_figure(folder: Path) -> None:
    rules = "rule needle { strings: $a = /a.*b.*c/ condition: $a }\nrule all { condition: filesize > 0 }"
    _write(folder, rules, FILE)
    honest = folder.parent / "honest"
    honest.mkdir()
    (honest / "text").write_text("nothing of note\n" * 9000)
    (checked,) = check_packs([folder], goodware(honest))
    told = {problem.where.removeprefix(f"{folder}/"): problem.what for problem in checked.problems[-4:]}
    assert told.keys() == {"rules.yar:1: rule needle", "rules.yar:2: rule all"}
    assert f": {honest}/text, part 1 of honest files in a program of Windows" in told["rules.yar:2: rule all"]
    assert re.fullmatch(
        r"it takes [\d,]+ times as long as a simple rule, or longer; 10 times are allowed",
        told["rules.yar:1: rule needle"],
    )
    assert checked.costs["needle"] > 10 > checked.costs["all"]


def test_a_rule_for_any_program_of_windows_is_broad_where_there_is_none(folder: Path) -> None:
    _write(folder, "rule needle { condition: uint16(0) == 0x5a4d and filesize < 5MB }", FILE)
    honest = folder.parent / "honest"
    honest.mkdir()
    (honest / "text").write_text("nothing of note\n" * 9000)
    (checked,) = check_packs([folder], goodware(honest))
    assert "part 1 of honest files in a program of Windows" in checked.problems[-1].what


def test_rules_of_the_shelf_are_neither_dear_nor_broad() -> None:
    checked = check_packs(packs_at(SHELF), goodware(None))
    assert [problem for one in checked for problem in one.problems] == []
    assert max(cost for one in checked for cost in one.costs.values()) < HIGHEST_COST / 2
