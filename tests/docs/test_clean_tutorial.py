"""The tutorial about cleaning and putting back tells what happens."""

import re
from functools import partial
from pathlib import Path

import pytest

from quetsach.cli.main import main
from quetsach.cli.parser import ExitCode
from quetsach.packs.specimen import set_immutable

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/tutorials/clean-and-put-back.md").read_text()


def _let_go(folder: Path) -> None:
    """Clear the immutable attribute, so that the folder can be thrown away."""
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            set_immutable(path, on=False)


def test_each_command_ends_as_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.chdir(ROOT)
    (tmp_path / "patient").mkdir()
    here = PAGE.replace("/tmp", str(tmp_path))
    (planting,) = re.findall(r"<<'END'\n(.*?)END\n", here, re.DOTALL)
    exec(planting, {})
    request.addfinalizer(partial(_let_go, tmp_path / "patient"))
    codes = []
    for line in re.findall(r"^quetsach (.*)$", here, re.MULTILINE):
        words = line.split()
        asks = words[0] in ("clean", "undo") and "--dry-run" not in words
        agreed = ["--yes"] if asks else []
        codes.append(main([*words, "--state", str(tmp_path / "state"), *agreed]))
    found, cleaned = ExitCode.FOUND, ExitCode.CLEANED
    assert codes == [found, found, cleaned, 0, 0, 0, found]
