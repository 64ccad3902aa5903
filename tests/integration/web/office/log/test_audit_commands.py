"""The commands of people and audit with a real centre: from the first operator to a log that somebody changed."""

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tests.centre import center, prepared_with_units


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = prepared_with_units(tmp_path_factory, "audit")
    for name, role in (("mot", "operator"), ("hai", "auditor")):
        center(data, "people", "invite", f"{name}@centre.example", "--role", role)
    return data


def forge(data: Path, statement: str) -> None:
    """Change the log as somebody would who has the file: the database's own refusal is taken away first."""
    with closing(sqlite3.connect(data / "center.sqlite3")) as connection, connection:
        for act in ("update", "delete"):
            connection.execute(f"DROP TRIGGER IF EXISTS office_log_logentry_stays_{act}")
        connection.execute(statement)


def test_the_first_operator_gets_a_link(centre: Path) -> None:
    told = center(centre, "people", "invite", "ba@centre.example", "--role", "operator", check=False).stdout
    assert re.search(r"http://127\.0\.0\.1:8000/van-phong/vao/moi/\S{60,}/", told)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["invite", "no-address", "--role", "operator"], "thư điện tử"),
        (["invite", "a@b.example", "--role", "operator", "--unit", "31-2025"], "vai trò"),
        (["invite", "a@b.example", "--role", "editor", "--unit", "no-unit"], "không có đơn vị"),
        (["remove", "nobody@b.example"], "không có ai"),
    ],
)
def test_what_cannot_be_done_is_explained(centre: Path, words: list[str], said: str) -> None:
    done = center(centre, "people", *words, check=False)
    assert (done.returncode, said in done.stderr) == (1, True), done.stderr


def test_nobody_is_in_the_list_before_the_invitation_is_used(centre: Path) -> None:
    assert json.loads(center(centre, "people", "list", "--json", check=False).stdout) == []


def test_the_log_is_whole_until_somebody_changes_it(centre: Path, tmp_path: Path) -> None:
    verdict = json.loads(center(centre, "audit", "verify", "--json", check=False).stdout)
    assert verdict["is_whole"]
    assert center(centre, "audit", "verify", "--head", verdict["head"], check=False).returncode == 0
    assert center(centre, "audit", "export", str(tmp_path / "log.jsonl"), check=False).returncode == 0
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert f"{lines[-1]['number']}:{lines[-1]['digest']}" == verdict["head"]
    last = verdict["entries"]

    forge(centre, f"DELETE FROM office_log_logentry WHERE number = {last}")
    cut = center(centre, "audit", "verify", check=False)
    assert (cut.returncode, f"từ mục {last}" in cut.stdout) == (1, True), cut.stdout

    forge(centre, "UPDATE office_log_logentry SET act = 'nothing' WHERE number = 1")
    changed = json.loads(center(centre, "audit", "verify", "--json", check=False).stdout)
    assert (changed["is_whole"], changed["first_broken"]) == (False, 1)
    (centre / "log-head.json").unlink()
    assert center(centre, "audit", "verify", check=False).returncode == 1
