"""The family of Windows on the page about writing packs is a pack that holds together, and passes its own test."""

import re
import shutil
from pathlib import Path

import pytest

from quetsach.cli.main import main
from quetsach.cli.parser import ExitCode

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/how-to/write-a-pack.md").read_text()
RULES = """rule worm_program {
  meta:
    author = "Quét Sạch"
  strings:
    $mark = "SPECIMEN-OF-THE-WORM"
  condition:
    $mark at 0
}
"""


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """The folder of the pack; what the page does not show comes from a pack of the tests."""
    folder = tmp_path / "windows-worm"
    shutil.copytree(ROOT / "tests/packs/windows-worm", folder)
    for language, name in (("toml", "recipe.toml"), ("python", "specimen.py")):
        (block,) = re.findall(rf"\n```{language}\n(.*?)```", PAGE, re.DOTALL)
        (folder / name).write_text(block)
    (folder / "rules.yar").write_text(RULES)
    (folder / "guidance.vi.md").write_text("# Sâu\n\n## Là gì\n\n## Đã làm gì\n\n## Làm gì bây giờ\n")
    (folder / "guidance.en.md").write_text("# Worm\n\n## What it is\n\n## What it did\n\n## What to do now\n")
    return folder


def test_the_example_is_a_good_pack(pack: Path) -> None:
    assert main(["packs", "check", str(pack)]) == ExitCode.NOTHING_FOUND


def test_the_example_finds_removes_and_puts_back_its_specimen(pack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["packs", "test", str(pack)]) == ExitCode.NOTHING_FOUND, capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("recipe.toml", '"update-off"', '"update-off"\nnames_nothing = 1', ""),
        ("recipe.toml", "'^4$'", "'^5$'", "planted and not found: registry-value HKLM"),
        ("specimen.py", 'Planted("service", rf"{services}\\qzkvxw"),', "", "found and not planted: service HKLM"),
        ("recipe.toml", "remove-service", "report", "names what is gone: HKLM"),
    ],
)
def test_what_goes_wrong_with_a_specimen_is_said(
    pack: Path, capsys: pytest.CaptureFixture[str], name: str, old: str, new: str, told: str
) -> None:
    text = (pack / name).read_text()
    assert old in text
    (pack / name).write_text(text.replace(old, new))
    assert main(["packs", "test", str(pack), "--no-goodware"]) == ExitCode.PACKS_INVALID  # nothing honest is to blame
    assert told in capsys.readouterr().out
