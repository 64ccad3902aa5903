"""``center up`` with PostgreSQL instead of the file in the data folder."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
from tests.postgresql import cluster
from tests.waiting import PATIENCE_SECONDS

QUETSACH = Path(sys.executable).with_name("quetsach")


def test_a_centre_is_prepared_on_postgresql_and_a_second_time_changes_nothing(tmp_path: Path) -> None:
    command = [QUETSACH, "center", "up", "--data", tmp_path / "centre", "--prepare-only", "--no-demonstration"]
    with cluster() as address:
        for _ in range(2):
            environment = os.environ | {"DATABASE_URL": address}
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, env=environment, timeout=PATIENCE_SECONDS
            )
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
