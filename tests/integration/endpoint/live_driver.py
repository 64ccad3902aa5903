"""Infects the running system, cleans it with the real command, undoes it, and tells in JSON how it went.

Only for the throw-away copy that ``test_live_system`` makes: it checks that it runs in one before it touches anything.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.snapshot import snapshot

from quetsach.packs.specimen import load_specimen

PACKS = Path(__file__).parents[3] / "packs"
FOLDERS = ("etc", "root", "tmp", "usr/local", "var/spool", "var/tmp")
MARK = Path("/this-is-a-throw-away-copy")


def main() -> None:
    """Run the whole life of an infection."""
    assert MARK.exists(), "refused: this is not a throw-away copy of a system"
    specimen = load_specimen(PACKS / "xmrig-miner")
    planted = specimen.build_linux(Path("/"))
    shutil.copy("/usr/bin/sleep", "/opt/innocent")
    told: dict[str, Any] = {}
    with subprocess.Popen(["/opt/innocent", "infinity"]) as innocent, specimen.processes(Path("/")) as watchdogs:
        before = _look()
        told["planted"] = len(planted)
        told["scan"] = quetsach("scan", "--json")
        told["clean"] = quetsach("clean", "--yes", "--json")
        told["removed"] = [not os.path.lexists(item.path) for item in planted]
        time.sleep(1.5)  # a watchdog that had survived would have revived the other by now
        told["alive"] = watchdogs.pids()
        told["innocent"] = innocent.poll() is None
        told["again"] = quetsach("scan", "--json")
        told["undo"] = quetsach("undo", "--last", "--yes", "--json")
        after = _look()
        innocent.kill()
    told["differences"] = sorted(repr(key) for key in before.keys() | after.keys() if before.get(key) != after.get(key))
    print(json.dumps(told))


def quetsach(*words: str) -> dict[str, Any]:
    """Run the command as root on this system; return its exit code and what it printed."""
    run = subprocess.run(
        [sys.executable, "-m", "quetsach.cli.main", *words, "--state", "/var/lib/quetsach"],
        capture_output=True,
        text=True,
        check=False,
    )
    return {"code": run.returncode, "output": json.loads(run.stdout) if run.stdout else {}, "errors": run.stderr}


def _look() -> dict[bytes, object]:
    """Return the folders that the infection touches, without what the watchdogs themselves write."""
    found: dict[bytes, object] = {}
    for folder in FOLDERS:
        for path, state in snapshot(Path("/") / folder).items():
            if b"watchdogs-" not in path and (folder, path) != ("tmp", b"."):
                found[folder.encode() + b"/" + path] = state
    return found


if __name__ == "__main__":
    main()
