"""Packs become values, or errors that say where and what to do."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from quetsach.core.pack import Action, ArtefactKind
from quetsach.packs import PackError
from quetsach.packs.container import pack as pack_content
from quetsach.packs.container import read_folder
from quetsach.packs.load import load_pack, load_shelf, newest

SHELF = Path(__file__).parents[3] / "packs"

type Edit = Callable[[str, str, str], Path]


@pytest.fixture
def edited(eicar_copy: Path) -> Edit:
    """Return the EICAR pack with a text of one file replaced."""

    def edit(name: str, old: str, new: str) -> Path:
        text = (eicar_copy / name).read_text()
        assert old in text
        (eicar_copy / name).write_text(text.replace(old, new, 1))
        return eicar_copy

    return edit


def test_a_folder_becomes_a_pack() -> None:
    pack = load_pack(SHELF / "eicar")
    assert (pack.family, pack.version, pack.severity) == ("eicar", "2026.11.25", "test")
    assert pack.platforms == {"linux", "macos", "windows"}
    assert pack.name.vi == "Tệp thử EICAR"
    assert pack.guidance.en.startswith("# EICAR test file")
    [trait] = pack.traits
    assert (trait.kind, trait.action, trait.rule) == (ArtefactKind.FILE, Action.QUARANTINE, "eicar_test_file")


def test_the_shelf_is_ordered_by_family() -> None:
    families = [pack.family for pack in load_shelf(SHELF)]
    assert families == sorted(families)
    assert {"eicar", "xmrig-miner"} <= set(families)


def test_of_one_family_the_newest_counts(edited: Edit) -> None:
    old = load_pack(edited("pack.toml", "2026.11.25", "2026.11.24"))
    new = load_pack(SHELF / "eicar")
    assert newest([old, new]) == newest([new, old]) == (new,)


def test_the_digest_changes_with_any_file(edited: Edit) -> None:
    changed = load_pack(edited("sources.md", "Sources", "Source"))
    assert changed.digest != load_pack(SHELF / "eicar").digest


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("pack.toml", "format = 1", "format = 2", "reads format 1"),
        ("pack.toml", 'family = "eicar"', "", "'family' is missing"),
        ("pack.toml", 'family = "eicar"', 'family = "../eicar"', "'family' is '../eicar'"),
        ("pack.toml", '"2026.11.25"', '"2026.13.25"', "'version' is '2026.13.25'"),
        ("pack.toml", '"test"', '"mild"', "'severity' is 'mild'"),
        ("pack.toml", '"macos"', '"amiga"', "'platforms' is"),
        ("pack.toml", '["https://', '["http://', "no https:// address"),
        ("pack.toml", 'author = "Quét Sạch"', "author = 7", "'author' must be a text"),
        ("pack.toml", 'author = "Quét Sạch"', 'author = "a\\u202eb"', "control or invisible"),
        ("pack.toml", "licence", "license", "'licence' is missing"),
        ("pack.toml", "[name]", "extra = 1\n[name]", "unknown field 'extra'"),
        ("pack.toml", "[name]", "[name", "not valid TOML"),
        ("rules.yar", "condition:", "kondition:", "do not compile"),
        ("rules.yar", "rule eicar", 'include "/etc/passwd"\nrule eicar', "do not compile"),
        ("rules.yar", "rule eicar", "private rule eicar", "has no rule 'eicar_test_file'"),
        ("recipe.toml", "[[trait]]", "[trait]", "must be a list of tables"),
        ("recipe.toml", '"file"', '"registry"', "'kind' is 'registry'"),
        ("recipe.toml", '"quarantine"', '"kill"', "'action' is 'kill'"),
        ("recipe.toml", 'rule = "eicar_test_file"', 'rule = "other"', "has no rule 'other'"),
        ("recipe.toml", 'rule = "eicar_test_file"', "", "tests nothing"),
        ("recipe.toml", 'rule = "eicar_test_file"', 'match.path = "eicar"', "a file is known by its content"),
        ("recipe.toml", 'rule = "eicar_test_file"', 'refers_to = ["x"]\nrule = "eicar_test_file"', "no other trait"),
        ("recipe.toml", '"eicar_test_file"', '"eicar_test_file"\nmatch.path = "(a"', "does not compile"),
        ("recipe.toml", '"eicar_test_file"', f'"eicar_test_file"\nmatch.path = "{"a" * 600}"', "longer than 512"),
        ("recipe.toml", "why.en", "why.fr", "'en' is missing"),
        ("guidance.vi.md", "", "\0", "guidance.vi.md"),
    ],
)
def test_what_does_not_hold_together_is_refused(edited: Edit, name: str, old: str, new: str, message: str) -> None:
    folder = edited(name, old, new)
    if new == "\0":
        (folder / name).write_bytes(b"\xff\xfe")
    with pytest.raises(PackError) as error:
        load_pack(folder)
    assert message in error.value.explain()
    assert error.value.where.startswith(str(folder))
    assert error.value.hint


NAMED = """[[trait]]
id = "start"
kind = "registry-value"
action = "ACTION"
why.vi = "v"
why.en = "e"
match.data = "x"

[[trait]]
id = "program"
kind = "file"
action = "quarantine"
why.vi = "v"
why.en = "e"
named_by = ["start"]
match.path = "^/ProgramData/"

[[trait]]
id = "sure"
kind = "file"
rule = "eicar_test_file"
action = "quarantine"
why.vi = "v"
why.en = "e"
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('match.path = "^/ProgramData/"', "", "only a file at a place of the family's own"),
        ('named_by = ["start"]', 'named_by = ["sure"]', "a file names no other"),
        ('named_by = ["start"]', 'named_by = ["none"]', "no other trait is called 'none'"),
        ("ACTION", "report", "no ground to act on a file"),
    ],
)
def test_a_file_known_by_what_names_it_needs_a_sure_namer_and_a_place(
    edited: Edit, old: str, new: str, message: str
) -> None:
    folder = edited("sources.md", "Sources", "Sources")
    recipe = folder / "recipe.toml"
    recipe.write_text(NAMED.replace("ACTION", "remove-value"))
    assert load_pack(folder).traits[1].named_by == ("start",)
    recipe.write_text(NAMED.replace(old, new).replace("ACTION", "remove-value"))
    with pytest.raises(PackError) as error:
        load_pack(folder)
    assert message in error.value.explain()
    assert "recipe.toml" in error.value.where


def test_the_same_id_twice_is_refused(edited: Edit) -> None:
    folder = edited("sources.md", "Sources", "Sources")
    recipe = folder / "recipe.toml"
    recipe.write_text(recipe.read_text() * 2)
    with pytest.raises(PackError, match="the id 'test-file' is taken"):
        load_pack(folder)


def test_deep_nesting_is_refused_not_crashed_on(edited: Edit) -> None:
    folder = edited("sources.md", "Sources", "Sources")
    (folder / "pack.toml").write_text("a = " + "[" * 100_000)
    with pytest.raises(PackError):
        load_pack(folder)


def test_a_missing_file_is_named(edited: Edit) -> None:
    folder = edited("sources.md", "Sources", "Sources")
    (folder / "rules.yar").unlink()
    with pytest.raises(PackError, match=r"the file rules\.yar is missing"):
        load_pack(folder)


@pytest.mark.parametrize(
    ("name", "old", "new", "where"),
    [
        ("pack.toml", "format = 1", "\n# first\nformat = 2", "pack.toml:3"),
        ("pack.toml", 'author = "Quét Sạch"', "author = 7", "pack.toml:8"),
        ("pack.toml", "[name]", "\n[name]\nvn = 1", "pack.toml:13: name"),
        ("pack.toml", "[name]", "[name", "pack.toml:11"),
        ("recipe.toml", '"quarantine"', '"kill"', "recipe.toml:5: trait 1 (test-file)"),
        ("recipe.toml", "why.en", "why.fr", "recipe.toml:6: trait 1 (test-file): why"),
        ("recipe.toml", 'rule = "eicar_test_file"', "", "recipe.toml:1: trait 1 (test-file)"),
        ("recipe.toml", "kind", 'hashes = [\n  "x",\n]\nkind', "recipe.toml:3: trait 1 (test-file)"),
        (
            "recipe.toml",
            '"eicar_test_file"',
            '"eicar_test_file"\nmatch.path = "(a"',
            "recipe.toml:5: trait 1 (test-file)",
        ),
        ("rules.yar", "condition:", "kondition:", "rules.yar:11"),
        ("rules.yar", "meta:", 'meta:\n  file_types = "exe"', "rules.yar:2"),
    ],
)
def test_an_error_names_the_line(edited: Edit, name: str, old: str, new: str, where: str) -> None:
    folder = edited(name, old, new)
    with pytest.raises(PackError) as error:
        load_pack(folder)
    assert error.value.where == f"{folder}/{where}"


def test_what_is_not_utf_8_is_named_with_its_line(edited: Edit) -> None:
    folder = edited("sources.md", "Sources", "Sources")
    (folder / "guidance.vi.md").write_bytes(b"# A\n\n## \xff\n")
    with pytest.raises(PackError, match=r"guidance\.vi\.md:3: byte 8 is not UTF-8"):
        load_pack(folder)


@pytest.fixture
def of_devices(edited: Edit) -> Path:
    """A pack that only tells people what to do about their routers and cameras."""
    folder = edited("pack.toml", '["linux", "macos", "windows"]', '["camera", "router"]')
    for name in ("rules.yar", "recipe.toml", "specimen.py"):
        (folder / name).unlink()
    return folder


def test_a_pack_for_devices_has_guidance_only(of_devices: Path) -> None:
    pack = load_pack(of_devices)
    assert (pack.platforms, pack.rules, pack.traits) == ({"camera", "router"}, "", ())
    assert pack.is_guidance_only
    assert pack.guidance.vi
    assert not load_pack(SHELF / "eicar").is_guidance_only


def test_a_pack_for_devices_cannot_act(of_devices: Path) -> None:
    shutil.copy(SHELF / "eicar/rules.yar", of_devices)
    with pytest.raises(PackError, match=r"rules\.yar: nothing of this file can be used on a device"):
        load_pack(of_devices)


def test_computers_and_devices_are_packs_apart(of_devices: Path) -> None:
    head = of_devices / "pack.toml"
    head.write_text(head.read_text().replace('"camera"', '"linux"'))
    with pytest.raises(PackError, match=r"pack\.toml:\d+: computers and devices stand in one pack"):
        load_pack(of_devices)


def test_a_pack_for_devices_travels_as_the_others(of_devices: Path, tmp_path: Path) -> None:
    packed = tmp_path / "devices.qsp"
    packed.write_bytes(pack_content(read_folder(of_devices)))
    assert load_pack(packed) == load_pack(of_devices)


def test_a_huge_file_is_refused(edited: Edit) -> None:
    folder = edited("sources.md", "Sources", "Sources")
    with (folder / "rules.yar").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(PackError, match="larger than"):
        load_pack(folder)


def test_errors_of_packs_end_the_command_with_3(edited: Edit) -> None:
    with pytest.raises(PackError) as error:
        load_pack(edited("pack.toml", "format = 1", "format = 2"))
    assert error.value.exit_code == 3


def test_an_unreadable_shelf_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="cannot read the shelf"):
        load_shelf(tmp_path / "none")
