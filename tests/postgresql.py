"""Runs the tests of the web side on PostgreSQL: ``python tests/postgresql.py [PYTEST ARGUMENT…]``.

A cluster of its own in a passing folder, reached through a socket file: no port, no password, nothing left behind.
"""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

TESTS = ("tests/unit/web", "tests/integration/web/office")
"""Where tests use Django's database; commands have a centre of their own, with SQLite.

What a browser shows of a page depends on no database, nor does who may see what, or how often a page asks; the tests
beside ask for the same pages and services.
"""
HOW = (
    "--only-database",
    "-m",
    "not e2e and not any_database and not sqlite",
    "-q",
    "-n",
    "2",
    "--dist",
    "loadfile",
    "--no-loadscope-reorder",
)
KEPT = "--reuse-db"
"""The databases go with the cluster: dropping one while a browser's last connection closes would be refused."""


def programs() -> Path | None:
    """Return the folder of the newest server that is installed; Debian keeps them outside of the path."""
    if found := shutil.which("initdb"):
        return Path(found).parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    return versions[-1].parent if versions else None


def as_nobody_important(command: list[str | Path]) -> list[str]:
    """PostgreSQL refuses to run as root: as root, run it as the user that its package made."""
    words = [str(word) for word in command]
    return ["runuser", "-u", "postgres", "--", *words] if os.geteuid() == 0 else words


@contextmanager
def cluster() -> Iterator[str]:
    """Run a new cluster and yield the address of its database."""
    folder = programs()
    if folder is None:
        raise SystemExit("no PostgreSQL server is installed; as root: apt install postgresql")
    with tempfile.TemporaryDirectory(prefix="quetsach-pg-", dir="/tmp") as name:
        home = Path(name)
        if os.geteuid() == 0:
            shutil.chown(home, user="postgres")
        owner = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        data, control = home / "data", folder / "pg_ctl"
        locale = ["--locale=C.UTF-8", "--encoding=UTF8"]
        run(as_nobody_important([folder / "initdb", "-D", data, "-A", "trust", *locale]))
        # Nothing here outlives the run: safety against power loss would only cost time.
        settings = f"-k {home} -c listen_addresses='' -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
        run(as_nobody_important([control, "-D", data, "-w", "-o", settings, "-l", home / "log", "start"]))
        try:
            yield f"postgres://{owner}@{quote(str(home), safe='')}/postgres"
        finally:
            run(as_nobody_important([control, "-D", data, "-w", "-m", "immediate", "stop"]))


def run(command: list[str]) -> None:
    """Run quietly; show what it said when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


def main() -> int:
    """Run the tests and return pytest's exit code."""
    with cluster() as address:
        command = [sys.executable, "-m", "pytest", KEPT, *(sys.argv[1:] or (*TESTS, *HOW))]
        return subprocess.run(command, env=os.environ | {"DATABASE_URL": address}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
