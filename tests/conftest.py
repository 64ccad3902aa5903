"""What every test stands on."""

import itertools
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the commands of the centre do
# A shell that begins a run in the background lets it ignore Ctrl-C, and every program that a test begins would, too.
signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile(
    "quetsach", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True, max_examples=100
)
settings.load_profile("quetsach")


LONG = {"e2e", "integration", "windows", "test_promises.py"}
"""Folders and files that take long, most of it waiting: one that begins last is waited for by one process alone."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the run on PostgreSQL leave out what no database changes."""
    parser.addoption("--only-database", action="store_true", help="run only tests that use the database")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mix the files that take long among the first, and keep only tests that ask for the database if those are wanted.

    While one that takes long waits for a server or a browser, one that computes has the core.
    """
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)  # in the order that was drawn
    kinds = [[f for path, f in files.items() if bool(LONG & set(path.parts)) is is_long] for is_long in (True, False)]
    items[:] = [item for pair in itertools.zip_longest(*kinds, fillvalue=[]) for file in pair for item in file]
    if not config.getoption("--only-database"):
        return
    kept = [i for i in items if "db" in getattr(i, "fixturenames", ()) or i.get_closest_marker("django_db")]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(kept)])
    items[:] = kept


@pytest.fixture(autouse=True)
def _no_one_elses_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep tests away from the state, language and proxies of whoever runs them."""
    monkeypatch.setenv("QUETSACH_STATE", str(tmp_path / "default-state"))
    monkeypatch.setenv("QUETSACH_DATA", str(tmp_path / "default-data"))
    for name in [n for n in os.environ if n.lower().endswith("_proxy") or n == "QUETSACH_LANG"]:
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _no_one_elses_umask() -> Iterator[None]:
    """Put back what a command of the centre that runs in this process sets for itself."""
    former = os.umask(0o022)
    yield
    os.umask(former)


@pytest.fixture
def eicar_copy(tmp_path: Path) -> Path:
    """The folder of a small pack, that of the EICAR test file, to be changed."""
    return Path(shutil.copytree(Path(__file__).parent.parent / "packs" / "eicar", tmp_path / "eicar"))


_APPEND_ONLY = pytest.StashKey[tuple[Any, list[str]]]()


@pytest.fixture(autouse=True)
def _append_only_tables_are_emptied(request: pytest.FixtureRequest, django_db_blocker) -> Iterator[None]:
    """Let a test that really commits be cleaned up after: some tables forbid to change or take out their rows."""
    marker = request.node.get_closest_marker("django_db")
    commits = {"transactional_db", "live_server"} & set(request.fixturenames)
    if not commits and not (marker and marker.kwargs.get("transaction")):
        yield
        return
    request.getfixturevalue("transactional_db")  # which empties the tables after this fixture has ended
    yield
    from django.db import connection

    again: list[str] = []
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            for name, sql in cursor.fetchall():
                cursor.execute(f"DROP TRIGGER {name}")
                again.append(sql)
        else:
            cursor.execute("SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal")
            for (table,) in cursor.fetchall():
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
                again.append(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    request.node.stash[_APPEND_ONLY] = (django_db_blocker, again)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """Put back, once the tables were emptied, what forbids it."""
    yield
    if _APPEND_ONLY in item.stash and nextitem is not None:  # after the last test the database itself is gone
        from django.db import connection

        blocker, statements = item.stash[_APPEND_ONLY]
        with blocker.unblock(), connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
