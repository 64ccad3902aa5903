"""The tutorial about a first pack tells what happens."""

import re
from pathlib import Path

import pytest

import quetsach
from quetsach.cli.main import main
from quetsach.cli.parser import ExitCode
from quetsach.packs import goodware

PAGE = (Path(__file__).parents[2] / "docs/tutorials/your-first-pack.md").read_text()
IMPORTS, PLANTING, LISTING = re.findall(r"\n```(?:python|pycon)\n(.*?)```", PAGE, re.DOTALL)
(TRAIT,) = re.findall(r"\n```toml\n(.*?)```", PAGE, re.DOTALL)
LAST_BLOCK = re.findall(r"\n```sh\n(.*?)```", PAGE, re.DOTALL)[-1]
TOLD = [line for block in re.findall(r"\n```text\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]


def _insert(path: Path, before: str, new: str) -> None:
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, new + before, 1))


def _replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


@pytest.fixture
def _english_machine_without_programs_of_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the honest files be source of the tool: /usr has other ones where Wine is, and packs the words themselves."""
    monkeypatch.setattr(goodware, "SYSTEM", Path(quetsach.__file__).parent / "endpoint")
    monkeypatch.setenv("QUETSACH_LANG", "en")


@pytest.mark.usefixtures("_english_machine_without_programs_of_windows")
def test_each_step_says_what_the_page_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["packs", "new", "green-worm", "--out", str(tmp_path)]) == 0
    pack = tmp_path / "green-worm"
    told: list[str] = []

    def run(*words: str) -> int:
        capsys.readouterr()
        code = main(["packs", *words, str(pack)])
        out = capsys.readouterr().out.replace(str(tmp_path), "/tmp/packs")
        told.extend(re.sub(r"\(\d+\.\d s\)", "(0.4 s)", line) for line in out.splitlines())
        return code

    assert run("check") == ExitCode.NOTHING_FOUND
    assert run("test", "--no-goodware") == ExitCode.NOTHING_FOUND
    _insert(pack / "specimen.py", "from quetsach.packs.specimen.hive", IMPORTS)
    _insert(pack / "specimen.py", "    services =", PLANTING)
    _insert(pack / "specimen.py", '        Planted("service"', LISTING)
    assert run("test", "--no-goodware") == ExitCode.PACKS_INVALID
    (pack / "recipe.toml").write_text((pack / "recipe.toml").read_text() + "\n" + TRAIT)
    assert run("test", "--no-goodware") == ExitCode.NOTHING_FOUND
    assert any("5 found, 5 removed and put back" in line for line in told)
    _replace(pack / "recipe.toml", '"quarantine"', '"delete"')
    assert run("check") == ExitCode.PACKS_INVALID
    _replace(pack / "recipe.toml", '"delete"', '"quarantine"')
    _replace(pack / "rules.yar", '"specimen of green-worm: second sign"', '"KERNEL32.dll"')
    _replace(pack / "rules.yar", "all of them", "any of them")
    assert run("check") == ExitCode.PACKS_INVALID
    assert [line for line in TOLD if line not in told] == []


def test_the_last_block_packs_looks_cleans_and_puts_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["packs", "new", "green-worm", "--out", str(tmp_path / "packs")]) == 0
    (tmp_path / "green-drive").mkdir()
    here = LAST_BLOCK.replace("/tmp", str(tmp_path))
    (planting,) = re.findall(r"<<'END'\n(.*?)END\n", here, re.DOTALL)
    exec(planting, {})
    codes = []
    for line in re.findall(r"^quetsach (.*)$", here, re.MULTILINE):
        words = line.split()
        state = [] if words[0] == "packs" else ["--state", str(tmp_path / "state")]
        codes.append(main([*words, *state, *(["--yes"] if words[0] in ("clean", "undo") else [])]))
    assert codes == [0, ExitCode.FOUND, ExitCode.CLEANED, 0]
    assert list((tmp_path / "packs").glob("green-worm-*.qsp"))
