"""kill -9 anywhere in the import of a partner's report, then the same command again: the same rows, each once."""

import json
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest
from tests.centre import QUETSACH, center, migrated
from tests.commands import program
from tests.unit.campaign.partners.test_partner_declarations import GOOD
from tests.unit.cli.test_center_partners import PREPARE
from tests.waiting import PATIENCE_SECONDS, until

ROWS = 25_000
KILLS = 4


def report(path: Path) -> None:
    """Write rows of which some are new, some repeated, some corrected and some of no known place."""
    dice = random.Random(5)
    with path.open("w") as file:
        file.write("day,place,product,revision,turns,machines,infected\n")
        for number in range(ROWS):
            day = date(2020, 9, 18) + timedelta(days=number // 500)
            place = "99" if dice.random() < 0.02 else "31"
            product = f"P{dice.randrange(200)}"
            file.write(f"{day},{place},{product},{dice.randrange(2)},{dice.randrange(50, 53)},40,7\n")


def lay_out(folder: Path) -> Path:
    program(PREPARE, folder)
    (folder / "method.toml").write_text(GOOD)
    for words in (["add", "hang-a", "--name", "A"], ["declare", "hang-a", folder / "method.toml"]):
        center(folder, "partners", *words)
    return folder


def start(centre: Path, file: Path) -> subprocess.Popen[bytes]:
    """Start the import; what it tells goes to a file, since one that is only watched would fill a pipe and wait."""
    command = [QUETSACH, "center", "partners", "import", "hang-a", file, "--data", centre, "--json"]
    with told(file).open("wb") as output:
        return subprocess.Popen(command, stdout=output)


def told(file: Path) -> Path:
    return file.with_suffix(".json")


def rows(centre: Path) -> list[tuple]:
    with closing(sqlite3.connect(centre / "center.sqlite3")) as database:
        return database.execute(
            "SELECT l.product, r.first, r.unit_id, r.revision, r.turns, r.machines FROM office_partners_heldrow r "
            "JOIN office_partners_line l ON l.id = r.line_id ORDER BY 1, 2, 3"
        ).fetchall()


def delivery(centre: Path) -> tuple:
    with closing(sqlite3.connect(centre / "center.sqlite3")) as database:
        found = database.execute(
            "SELECT state, records, accepted, duplicates, replaced, set_aside FROM office_partners_delivery"
        ).fetchall()
    return found[0] if found else ()


def test_killed_anywhere_and_begun_again_the_rows_are_the_same(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path / "report.csv"
    report(file)
    whole = lay_out(migrated(tmp_path_factory, "whole"))
    broken = shutil.copytree(whole, tmp_path / "broken")
    before = _cpu_seconds_of_the_ended()
    assert start(whole, file).wait(PATIENCE_SECONDS) == 0
    answer = json.loads(told(file).read_bytes())
    seconds = _cpu_seconds_of_the_ended() - before
    counts = [answer[name] for name in ("accepted", "duplicates", "replaced", "set_aside")]
    assert sum(counts) == answer["records"] == ROWS
    assert min(counts) > 0

    dice, kills = random.Random(7), 0
    for _ in range(KILLS):
        running = start(broken, file)
        most = dice.uniform(0.3, 0.9) * seconds
        until(lambda running=running, most=most: running.poll() is not None or _cpu_seconds(running.pid) >= most)
        if running.poll() is None:
            running.send_signal(signal.SIGKILL)
            kills += 1
        running.wait(PATIENCE_SECONDS)
    assert kills
    assert start(broken, file).wait(PATIENCE_SECONDS) == 0
    assert delivery(broken) == delivery(whole)
    assert rows(broken) == rows(whole)
    assert not [path for path in (broken / "partners").iterdir() if not path.name.startswith("incoming-")]


def _cpu_seconds_of_the_ended() -> float:
    """Return what the processes have used that this one began and waited for: a busy machine does not add to it."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _cpu_seconds(pid: int) -> float:
    """Return what a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.fixture(autouse=True)
def _no_data_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QUETSACH_DATA", raising=False)
