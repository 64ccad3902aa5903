"""``center up`` with PostgreSQL instead of the file in the data folder."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg
import pytest
from tests.commands import quetsach
from tests.postgresql import cluster
from tests.waiting import PATIENCE_SECONDS

HANDBOOK = Path(__file__).parents[3] / "docs" / "how-to" / "keep-a-centre.md"


def test_a_centre_is_prepared_on_postgresql_and_a_second_time_changes_nothing(tmp_path: Path) -> None:
    words = ("center", "up", "--data", tmp_path / "centre", "--prepare-only", "--no-demonstration")
    with cluster() as address:
        for _ in range(2):
            environment = os.environ | {"DATABASE_URL": address}
            done = quetsach(*words, environment=environment)
            assert done.returncode == 0, done.stderr
        with psycopg.connect(address) as connection:
            tables = {name for (name,) in connection.execute("SELECT tablename FROM pg_tables")}
    assert {"api_toolreport", "office_people_person", "office_log_logentry"} <= tables
    assert not (tmp_path / "centre" / "center.sqlite3").exists()


LOCK_IS_LOST = """
import django, psycopg, sys
django.setup()
from quetsach.web.office.worker import _alone
with _alone() as is_held:
    before = is_held()
    with psycopg.connect(sys.argv[1], autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
    print(before, is_held())
with _alone() as is_held:
    print(is_held())
"""


def test_a_lock_that_the_server_forgot_is_noticed_and_can_be_taken_again(tmp_path: Path) -> None:
    with cluster() as address:
        environment = os.environ | {
            "DATABASE_URL": address,
            "QUETSACH_DATA": str(tmp_path),
            "DJANGO_SETTINGS_MODULE": "quetsach.web.settings",
        }
        done = subprocess.run(
            [sys.executable, "-c", LOCK_IS_LOST, address],
            capture_output=True,
            text=True,
            check=False,
            env=environment,
            timeout=PATIENCE_SECONDS,
        )
    assert done.stdout.split() == ["True", "False", "True"], done.stderr


def of_the_handbook(heading: str, dump: Path, owner: str) -> Iterator[str]:
    """Yield the commands for the database that a chapter of the handbook tells, for a cluster that trusts everybody."""
    chapter = HANDBOOK.read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    for line in re.findall(r"^runuser -u (?:quetsach|postgres) -- (?:pg_|dropdb|createdb).*", chapter, re.MULTILINE):
        command = re.sub(r"/backup/quetsach-.*?\.dump", str(dump), line.partition("  #")[0])
        for account, user in (("quetsach", "quetsach"), ("postgres", owner)):
            command = command.replace(f"runuser -u {account} -- ", f"PGUSER={user} ")
        yield command


def test_a_centre_comes_back_from_its_folder_and_its_dump_as_the_handbook_says(tmp_path: Path) -> None:
    folder, copy, dump = tmp_path / "centre", tmp_path / "copy", tmp_path / "quetsach.dump"
    with cluster() as address:
        parts = urlsplit(address)
        host, owner = unquote(parts.hostname or ""), parts.username or ""
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("CREATE ROLE quetsach LOGIN")
            connection.execute("CREATE DATABASE quetsach OWNER quetsach")
        own = f"postgres://quetsach@{parts.netloc.partition('@')[2]}/quetsach"
        environment = os.environ | {"DATABASE_URL": own, "PGHOST": host, "QUETSACH_PUBLIC_URL": "http://127.0.0.1:1"}

        def center(*words: str) -> "subprocess.CompletedProcess[str]":
            return quetsach("center", *words, "--data", folder, environment=environment)

        def shell(heading: str) -> None:
            found = list(of_the_handbook(heading, dump, owner))
            assert found
            for command in found:
                subprocess.run(command, shell=True, check=True, env=environment, timeout=PATIENCE_SECONDS)

        assert center("up", "--prepare-only", "--no-demonstration").returncode == 0
        assert center("units", "load").returncode == 0
        assert center("people", "invite", "first@example.vn", "--role", "operator").returncode == 0
        shutil.copytree(folder, copy)
        shell("Back up")
        assert center("people", "invite", "later@example.vn", "--role", "operator").returncode == 0
        with psycopg.connect(own) as connection:  # as a newer release would
            connection.execute("CREATE TABLE newer (person bigint REFERENCES office_people_person (id))")
        shell("Restore")
        cut = center("audit", "verify")
        assert cut.returncode != 0, "the folder's head is newer than the database"
        shutil.rmtree(folder)
        shutil.copytree(copy, folder)
        whole = center("audit", "verify")
        assert whole.returncode == 0, whole.stdout + whole.stderr
        with psycopg.connect(own) as connection:
            invited = {mail for (mail,) in connection.execute("SELECT email FROM office_people_invitation")}
            assert "first@example.vn" in invited
            assert "later@example.vn" not in invited
            with pytest.raises(psycopg.errors.UndefinedTable):
                connection.execute("SELECT 1 FROM newer")
