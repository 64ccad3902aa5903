"""What every test stands on."""

import gc
import itertools
import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from tests.waiting import until

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


def pytest_collection_finish() -> None:
    """Keep what was collected, millions of objects, out of every later search for garbage."""
    gc.collect()
    gc.freeze()


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


@pytest.fixture(autouse=True, scope="module")
def _workers_are_let_go() -> Iterator[None]:
    """Find whoever leaves a client of a cluster behind.

    It would try for ever to reach a scheduler that is gone, in a thread that draws random numbers while Hypothesis
    replays its own.
    """
    yield
    if dask := sys.modules.get("distributed.client"):
        assert not [one for one in dask.Client._instances if one.status != "closed"]


@pytest.fixture
def eicar_copy(tmp_path: Path) -> Path:
    """The folder of a small pack, that of the EICAR test file, to be changed."""
    return Path(shutil.copytree(Path(__file__).parent.parent / "packs" / "eicar", tmp_path / "eicar"))


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Keep SQLite's tables in a file, as a centre does.

    In memory all threads of the server that a browser asks would share the one connection of the test.
    """
    from django.conf import settings

    kept = settings.DATABASES["default"]
    if kept["ENGINE"].endswith("sqlite3"):
        kept.setdefault("TEST", {})["NAME"] = str(tmp_path_factory.mktemp("database") / "center.sqlite3")


_open_connections: set[object] = set()


@pytest.fixture(scope="session")
def _connections_are_counted() -> Iterator[None]:
    """Know which connections to the server of a test are open."""
    from django.core.servers.basehttp import ThreadedWSGIServer
    from django.test.testcases import LiveServerThread

    class Server(ThreadedWSGIServer):
        def process_request(self, request: Any, client_address: Any) -> None:
            _open_connections.add(request)
            super().process_request(request, client_address)

        def process_request_thread(self, request: Any, client_address: Any) -> None:
            try:
                super().process_request_thread(request, client_address)
            finally:
                _open_connections.discard(request)

    former, LiveServerThread.server_class = LiveServerThread.server_class, Server
    yield
    LiveServerThread.server_class = former


@pytest.fixture(scope="session")
def live_server(_connections_are_counted: None, live_server: Any) -> Any:
    """Serve the pages to a browser; before the tables are emptied, no request is under way any more."""
    return live_server


@pytest.fixture(autouse=True)
def _append_only_tables_are_emptied(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let a test that really commits be cleaned up after: some tables forbid to change or take out their rows."""
    marker = request.node.get_closest_marker("django_db")
    commits = {"transactional_db", "live_server"} & set(request.fixturenames)
    if not commits and not (marker and marker.kwargs.get("transaction")):
        yield
        return
    request.getfixturevalue("transactional_db")  # which empties the tables after this fixture has ended
    yield
    until(lambda: not _open_connections)  # a browser that was closed may have asked for something
    from django.db import connection

    with connection.cursor() as cursor:  # of a connection that is closed as soon as the tables are empty
        if connection.vendor == "sqlite":
            connection.connection.setconfig(sqlite3.SQLITE_DBCONFIG_ENABLE_TRIGGER, False)
        else:
            cursor.execute("SET session_replication_role = replica")
