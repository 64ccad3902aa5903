"""``center up`` with PostgreSQL instead of the file in the data folder."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
from tests.postgresql import cluster

QUETSACH = Path(sys.executable).with_name("quetsach")


def test_a_centre_is_prepared_on_postgresql_and_a_second_time_changes_nothing(tmp_path: Path) -> None:
    command = [QUETSACH, "center", "up", "--data", tmp_path / "centre", "--prepare-only", "--no-demonstration"]
    with cluster() as address:
        for _ in range(2):
            environment = os.environ | {"DATABASE_URL": address}
            done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=120)
            assert done.returncode == 0, done.stderr
        with psycopg.connect(address) as connection:
            tables = {name for (name,) in connection.execute("SELECT tablename FROM pg_tables")}
    assert {"api_toolreport", "office_people_person", "office_log_logentry"} <= tables
    assert not (tmp_path / "centre" / "center.sqlite3").exists()
