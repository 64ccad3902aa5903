"""The command that asks the links of the catalogue: what it tells, in which form, with which exit code."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from quetsach.centre.other_tool_links import CheckedLink, LinkState
from quetsach.centre.other_tools import load_other_tools
from quetsach.cli.center import tools
from quetsach.cli.main import main
from quetsach.core.errors import InputError

type Become = Callable[..., None]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    return tmp_path


@pytest.fixture
def become(monkeypatch: pytest.MonkeyPatch) -> Become:
    """Let the first links come to these states: the asking itself is tested against a server."""

    def set_states(*states: LinkState) -> None:
        def asked(found, **_named: object) -> Iterator[CheckedLink]:
            for tool, state in zip(found, states, strict=False):
                if state is LinkState.BROKEN:
                    error = InputError("nobody answers", where=tool.link)
                    yield CheckedLink(tool, tool.link, state, error=error)
                else:
                    yield CheckedLink(tool, tool.link, state, status=200, answered_by=tool.link)

        monkeypatch.setattr(tools, "check_links", asked)

    return set_states


@pytest.mark.parametrize(
    ("states", "code", "told"),
    [
        ((LinkState.ANSWERS, LinkState.ANSWERS), 0, "All links answer."),
        ((LinkState.ANSWERS, LinkState.REFUSED), 2, "answer people alone"),
        ((LinkState.REFUSED, LinkState.BROKEN), 1, "by hand"),
        ((LinkState.ELSEWHERE,), 1, "by hand"),
        ((LinkState.BROKEN, LinkState.BROKEN), 1, "does this machine reach the Internet?"),
    ],
)
def test_the_exit_code_says_whether_somebody_has_to_look(
    capsys: pytest.CaptureFixture[str], data: Path, become: Become, states: tuple[LinkState, ...], code: int, told: str
) -> None:
    become(*states)
    assert main(["center", "tools", "check", "--data", str(data), "--lang", "en"]) == code
    captured = capsys.readouterr()
    assert told in captured.out
    assert load_other_tools(None)[0].link in captured.out
    assert ("nobody answers" in captured.err) is (LinkState.BROKEN in states)


def test_the_same_is_told_to_programs(capsys: pytest.CaptureFixture[str], data: Path, become: Become) -> None:
    become(LinkState.ANSWERS, LinkState.BROKEN)
    assert main(["center", "tools", "check", "--data", str(data), "--json"]) == 1
    first, second = json.loads(capsys.readouterr().out)
    assert (first["state"], first["status"], first["of"]) == ("answers", 200, "tool")
    assert (second["state"], second["status"]) == ("broken", None)
    assert "nobody answers" in second["error"]["vi"]


def test_it_works_for_a_build_without_a_centre(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, become: Become
) -> None:
    become(LinkState.ANSWERS)
    assert main(["center", "tools", "check", "--data", str(tmp_path / "none"), "--lang", "vi"]) == 0
    assert "Mọi liên kết đều trả lời." in capsys.readouterr().out


def test_authorities_that_cannot_be_read_are_named(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    missing = data / "none.pem"
    words = ["center", "tools", "check", "--data", str(data), "--ca-file", str(missing), "--lang", "en"]
    assert main(words) == 1
    assert str(missing) in capsys.readouterr().err
    assert list(data.iterdir()) == []
