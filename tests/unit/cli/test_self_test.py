"""The tool tries itself on this machine, and says so when a part of it is missing or does not see what is there."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from quetsach import __version__
from quetsach.cli import self_test
from quetsach.cli.main import main
from quetsach.endpoint.scanner import worker_pool
from quetsach.packs.upgrade import UpgradeError, try_out

SHELF = Path(__file__).parents[3] / "packs"

type Capture = pytest.CaptureFixture[str]


def _told(capsys: Capture) -> dict[str, object]:
    told: dict[str, object] = json.loads(capsys.readouterr().out)
    return told


def test_a_copy_that_works_says_so(capsys: Capture) -> None:
    assert main(["self-test", "--json"]) == 0
    with_traits = [path for path in SHELF.iterdir() if (path / "rules.yar").is_file()]
    assert _told(capsys) == {"version": __version__, "packs": len(with_traits), "files": 3, "works": True}


@pytest.mark.parametrize("language", ["vi", "en"])
def test_it_is_told_to_a_person(language: str, capsys: Capture) -> None:
    assert main(["self-test", "--lang", language]) == 0
    assert f"Quét Sạch {__version__} " in capsys.readouterr().out


def test_a_worker_process_takes_part(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    started: list[object] = []
    start = worker_pool.start_worker
    monkeypatch.setattr(worker_pool, "start_worker", lambda command: (started.append(command), start(command))[1])
    assert main(["self-test"]) == 0
    assert len(started) == 1


@pytest.mark.parametrize("command", [("/nonexistent",), (sys.executable, "-c", "")])
def test_without_a_worker_it_fails(command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    start = worker_pool.start_worker
    monkeypatch.setattr(worker_pool, "start_worker", lambda _command: start(command))
    assert main(["self-test", "--json", "--lang", "en"]) == 1
    told = capsys.readouterr()
    assert (told.out, "worker process" in told.err) == ("", True)


def test_a_pack_that_cannot_be_used_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    (tmp_path / "eicar-2026.11.25.qsp").write_bytes(b"cut")
    monkeypatch.setattr(self_test, "bundled", lambda _name: tmp_path)
    assert main(["self-test", "--json"]) == 3
    assert capsys.readouterr().out == ""


def test_no_packs_at_all_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(self_test, "bundled", lambda _name: tmp_path)
    assert main(["self-test"]) == 1


@pytest.mark.parametrize(
    ("mark", "said"), [(b"nothing of the kind", "did not find"), (b"A text in which nothing", "found clean.txt")]
)
def test_an_engine_that_sees_wrongly_fails(
    mark: bytes, said: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    real = self_test._test_pack()
    rule = f'rule self_test {{ strings: $a = "{mark.decode()}" $b = "Quet Sach self-test" condition: any of them }}'
    if said == "did not find":
        rule = rule.replace(' $b = "Quet Sach self-test"', "")
    monkeypatch.setattr(self_test, "_test_pack", lambda: replace(real, rules=rule))
    assert main(["self-test", "--lang", "en"]) == 1
    assert said in capsys.readouterr().err


def test_a_part_that_is_missing_fails(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setitem(sys.modules, "quetsach.packs.update", None)
    assert main(["self-test", "--lang", "vi"]) == 1
    assert "không nạp được một phần của công cụ" in capsys.readouterr().err


def test_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    assert main(["self-test"]) == 0
    assert list(tmp_path.iterdir()) == []


def test_what_an_update_tries_is_this_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "quetsach"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m quetsach.cli.main "$@"\n')
    program.chmod(0o755)
    try_out(program, __version__)
    with pytest.raises(UpgradeError, match="another one"):
        try_out(program, "9.9")


@pytest.mark.parametrize(("language", "told"), [("vi", "quetsach: đã dừng"), ("en", "quetsach: stopped")])
def test_what_a_person_stops_is_told_in_his_language(
    language: str, told: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def stop(_name: str) -> Path:
        raise KeyboardInterrupt

    monkeypatch.setattr(self_test, "bundled", stop)
    assert main(["self-test", "--lang", language]) == 1
    assert told in capsys.readouterr().err
