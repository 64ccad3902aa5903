"""What every test stands on."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "quetsach", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True, max_examples=100
)
settings.load_profile("quetsach")


@pytest.fixture(autouse=True)
def _no_one_elses_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep tests away from the state, language and proxies of whoever runs them."""
    monkeypatch.setenv("QUETSACH_STATE", str(tmp_path / "default-state"))
    monkeypatch.setenv("QUETSACH_DATA", str(tmp_path / "default-data"))
    for name in [n for n in os.environ if n.lower().endswith("_proxy") or n == "QUETSACH_LANG"]:
        monkeypatch.delenv(name)


@pytest.fixture
def eicar_copy(tmp_path: Path) -> Path:
    """The folder of a small pack, that of the EICAR test file, to be changed."""
    return Path(shutil.copytree(Path(__file__).parent.parent / "packs" / "eicar", tmp_path / "eicar"))


@pytest.fixture(autouse=True)
def _append_only_again(django_db_blocker) -> Iterator[list[str]]:
    """Put back, after the tables were emptied, what forbids it."""
    statements: list[str] = []
    yield statements
    if statements:
        from django.db import connection

        with django_db_blocker.unblock(), connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)


@pytest.fixture(autouse=True)
def _append_only_tables_are_emptied(request: pytest.FixtureRequest, _append_only_again: list[str]) -> Iterator[None]:
    """Let a test that really commits be cleaned up after: some tables forbid to change or take out their rows."""
    marker = request.node.get_closest_marker("django_db")
    commits = {"transactional_db", "live_server"} & set(request.fixturenames)
    if not commits and not (marker and marker.kwargs.get("transaction")):
        yield
        return
    request.getfixturevalue("transactional_db")
    yield
    from django.db import connection

    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            for name, sql in cursor.fetchall():
                cursor.execute(f"DROP TRIGGER {name}")
                _append_only_again.append(sql)
        else:
            cursor.execute("SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal")
            for (table,) in cursor.fetchall():
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
                _append_only_again.append(f"ALTER TABLE {table} ENABLE TRIGGER USER")
