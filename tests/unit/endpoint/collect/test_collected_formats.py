"""The forms of files that collectors read, against golden files."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from quetsach.endpoint.collect.autostart import (
    CronEntry,
    parse_anacron_entry,
    parse_system_entry,
    parse_unit,
    parse_user_entry,
)
from quetsach.endpoint.collect.lines import parse_authorized_key

GOLDEN = Path(__file__).parents[3] / "golden"
TABLES: dict[str, Callable[[bytes], CronEntry | None]] = {
    "system": parse_system_entry,
    "user": lambda line: parse_user_entry(line, b"owner"),
    "anacron": parse_anacron_entry,
}


def _golden(form: str, ending: str) -> list[Path]:
    found = sorted((GOLDEN / form).glob(f"*{ending}"))
    assert found
    return found


def _expected(path: Path) -> list[list[str]]:
    expected: list[list[str]] = json.loads(path.with_suffix(".json").read_text())
    return expected


@pytest.mark.parametrize("path", _golden("crontab", ".crontab"), ids=lambda path: path.stem)
def test_tables_of_cron(path: Path) -> None:
    parse = TABLES[path.stem]
    entries = [entry for line in path.read_bytes().split(b"\n") if (entry := parse(line))]
    assert [[part.decode() for part in (e.schedule, e.user, e.command)] for e in entries] == _expected(path)


@pytest.mark.parametrize("path", _golden("systemd-unit", ".service"), ids=lambda path: path.stem)
def test_unit_files(path: Path) -> None:
    settings = parse_unit(path.read_bytes())
    assert [[part.decode() for part in (s.section, s.key, s.value)] for s in settings] == _expected(path)


@pytest.mark.parametrize("path", _golden("authorized-keys", ".keys"), ids=lambda path: path.stem)
def test_authorized_keys(path: Path) -> None:
    keys = [key for line in path.read_bytes().split(b"\n") if (key := parse_authorized_key(line))]
    shown = [
        [k.options.decode(), k.algorithm.decode(), k.fingerprint, k.comment.decode(), k.command.decode()] for k in keys
    ]
    assert shown == _expected(path)
