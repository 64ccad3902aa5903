"""A real centre for the tests: prepared by the real command once in a run, copied for whoever needs one, and served."""

import os
import random
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.artefacts import made_once
from tests.commands import program, quetsach
from tests.waiting import PATIENCE_SECONDS, until

from quetsach.web.data_folder import Stamp, newest_migrations
from quetsach.web.stored_settings import SETTINGS, read_stored, write_stored

QUETSACH = Path(sys.executable).with_name("quetsach")
MIGRATE = """
import sys
from pathlib import Path
from django.core.management import call_command
from quetsach.web.configuration import configure_web
configure_web(Path(sys.argv[1]))
call_command("migrate", verbosity=0, skip_checks=True)
"""


def center(data: Path, *words: object, check: bool = True, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run ``quetsach center WORDS`` on a data folder, by default with the database in it; show why it failed."""
    done = quetsach("center", *words, "--data", data, environment=_environment(environment))
    assert not check or done.returncode == 0, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def prepared(factory: pytest.TempPathFactory, name: str, *, demonstration: bool = False) -> Path:
    """Return a data folder of the caller's own, prepared by ``center up``; the work is done once for all workers."""
    if demonstration:
        return _copied(factory, name, "demonstration", _killed_and_finished)
    return _copied(factory, name, "prepared", _prepare)


def prepared_with_units(factory: pytest.TempPathFactory, name: str) -> Path:
    """Return a real centre as ``prepared`` does, with the country's units of all times loaded."""

    def make(data: Path) -> None:
        shutil.copytree(made_once(factory, "prepared", _prepare), data)
        center(data, "units", "load")

    return _copied(factory, name, "with-units", make)


def _prepare(data: Path) -> None:
    center(data, "up", "--prepare-only", "--no-demonstration")


def _killed_and_finished(data: Path) -> None:
    """Prepare a demonstration that is killed three times on its way: all that is tested with it stands on that."""
    chance = random.Random(7)
    command = [QUETSACH, "center", "up", "--prepare-only", "--data", data]
    for _ in range(3):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=_environment({}))
        time.sleep(chance.uniform(0.8, 3.5))
        process.kill()
        process.wait()
    center(data, "up", "--prepare-only")


def lay_out(data: Path) -> None:
    """Make a folder look like that of a real centre which this build has prepared, for commands that run in tests."""
    (data / "secret.key").write_text("fifty characters or more of a key that signs nothing here\n")
    Stamp(is_demonstration=False, migrations=newest_migrations()).write(data)


def migrated(factory: pytest.TempPathFactory, name: str) -> Path:
    """Return a data folder of the caller's own with nothing in it but an empty database and the key of the pages."""

    def make(data: Path) -> None:
        data.mkdir(mode=0o700)
        lay_out(data)
        program(MIGRATE, data, environment=_environment({}))

    return _copied(factory, name, "migrated", make)


def _copied(factory: pytest.TempPathFactory, name: str, kind: str, make: Callable[[Path], object]) -> Path:
    """Return a copy of a centre that is made once in a run."""
    return Path(shutil.copytree(made_once(factory, kind, make), factory.mktemp(name) / "centre"))


@dataclass(frozen=True)
class Served:
    """A running server: its address, its data folder, and what it says."""

    url: str
    data: Path
    process: "subprocess.Popen[bytes]"
    log: Path

    def stop(self) -> str:
        """Ask it to end, wait until it has, and return everything it said."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=PATIENCE_SECONDS)
        return self.log.read_text()


@contextmanager
def served(
    data: Path, *words: object, host: str = "127.0.0.1", program: Path = QUETSACH, **environment: str
) -> Iterator[Served]:
    """Serve a data folder on a free port until the end; settings are stored in it before, in place of former ones."""
    port = free_port()
    log = data.with_name(f"{data.name}-{port}.log")  # one of a killed centre may still be written
    command = [str(word) for word in (program, "center", "up", "--data", data, "--port", port, *words)]
    url = f"http://{host}:{port}"
    with log.open("wb") as written:
        environ = _environment(environment, url)
        _store(data, environment, environ)
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=written, env=environ)
        server = Served(url, data, process, log)
        try:
            _wait(server)
            yield server
        finally:
            server.stop()


def free_port() -> int:
    """Return a port of this machine that nobody serves, and that no connection is given before a server takes it.

    The system gives connections, and whoever asks for any port, one from 32768 on. The draw is none of ``random``,
    which begins alike in every worker.
    """
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def answers(url: str) -> bool:
    """Say whether the centre at this address serves and is well."""
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=30) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _store(data: Path, named: Iterable[str], environ: Mapping[str, str]) -> None:
    """Store the settings that a test names, as an operator does who wants others than before."""
    if (stored := read_stored(data)) is not None:
        chosen = {setting.name: environ[setting.variable] for setting in SETTINGS if setting.variable in named}
        write_stored(data, stored | chosen)


def _wait(server: Served) -> None:
    def runs() -> None:
        assert server.process.poll() is None, server.log.read_text()

    until(lambda: answers(server.url), runs, every=0.1)


def _environment(own: dict[str, str], url: str = "") -> dict[str, str]:
    """Whatever the rest of the tests run on, the database is the file in the data folder unless a test says otherwise.

    ``{url}`` in a value stands for the address that is served.
    """
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return kept | {name: value.format(url=url) for name, value in own.items()}
