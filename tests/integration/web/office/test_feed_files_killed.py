"""kill -9 anywhere while an uploaded file is taken in, then the work again: the same lake, the same page, once."""

import json
import os
import shutil
import signal
import subprocess
import sys
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import pytest
from tests.centre import migrated
from tests.waiting import PATIENCE_SECONDS

YESTERDAY = (datetime.now(UTC) - timedelta(days=1)).date()
STRIDE, LAST = 9, 5
"""Each so many-th step is killed at, and every one of the last."""


def archive(path: Path) -> Path:
    """Write two files that share rows, with rows that are set aside."""
    header = "timestamp,address,malware\n"
    rows = [f"{YESTERDAY} 07:00:00,14.160.0.{n},Emotet\n" for n in range(60)]
    wrong = f"{YESTERDAY} 07:00:00,geheim,Emotet\n"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("one.csv", header + "".join(rows[:40]) + wrong)
        packed.writestr("two.csv", header + "".join(rows[20:]) + wrong)
    return path


class Server:
    """``feed_file_server`` on a data folder."""

    def __init__(self, data: Path) -> None:
        environ = os.environ | {"QUETSACH_DATA": str(data)}
        script = Path(__file__).with_name("feed_file_server.py")
        self._process = subprocess.Popen(
            [sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=PATIENCE_SECONDS)

    def do(self, *words: object) -> int:
        """Have something done and return the exit code; negative by signal."""
        self._say(*words)
        return int(self._line())

    def ask(self, word: str) -> Any:
        """Have something done that answers a line, and return that."""
        self._say(word)
        told = json.loads(self._line())
        assert int(self._line()) == 0
        return told

    def _say(self, *words: object) -> None:
        assert self._process.stdin
        self._process.stdin.write(" ".join(map(str, words)) + "\n")
        self._process.stdin.flush()

    def _line(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline()


def test_killed_anywhere_and_begun_again_it_is_taken_in_once_and_told_as_if_nothing_had_been(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("QUETSACH_DATA", raising=False)
    data, fresh = migrated(tmp_path_factory, "killed"), tmp_path / "fresh"
    with Server(data) as server:
        assert server.do("upload", archive(tmp_path / "a.zip")) == 0
        shutil.copytree(data, fresh)
        steps = server.ask("steps")
        whole = server.ask("tell")
        counts = [[one[name] for name in ("accepted", "duplicates", "quarantined")] for one in whole["outcomes"]]
        assert (whole["state"], counts) == ("done", [[40, 0, 1], [20, 20, 1]])
        assert whole["acts"] == ["feed-upload", "feed-take-in"]
        for step in sorted({*range(0, steps, STRIDE), *range(steps - LAST, steps)}):
            shutil.rmtree(data)
            shutil.copytree(fresh, data)
            assert server.do("work", step) == -signal.SIGKILL
            assert server.do("work", -1) == 0
            assert server.ask("tell") == whole, step
