"""Returns of every province, district and commune of 2020 for twelve weeks, added up by province: CPU milliseconds.

    python bench/rollup.py [--weeks 12]

The tree is the one that ships, loaded into SQLite as ``center up`` does; the totals are those that the office's pages
show, and are compared with adding them up one by one along the tree of the period. Beside them: reading the same rows
once, in the order in which they lie, and adding them to one sum.
"""

import argparse
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from quetsach.web.office.returns.models import Assignment

LIMIT_MS = 50
REPEATS = 25
FIRST_WEEK = date(2020, 9, 14)
NOW = datetime(2020, 12, 20, tzinfo=UTC)
ELEMENT = "scan-turns"


def cpu_ms(work: Callable[[], object]) -> float:
    """Return the least CPU milliseconds of a few runs, after one that is not measured."""
    work()
    times = []
    for _ in range(REPEATS):
        begun = time.process_time()
        work()
        times.append(time.process_time() - begun)
    return 1000 * min(times)


def prepare(folder: Path) -> tuple[float, int]:
    """Make a database with the tree that ships; return the seconds of CPU that loading took, and the units."""
    (folder / "secret.key").write_text("s" * 50)
    os.environ["DATABASE_URL"] = f"sqlite:///{folder}/bench.sqlite3"
    from quetsach.web.configuration import configure_web

    configure_web(folder)
    from django.core.management import call_command

    from quetsach.installation import bundled
    from quetsach.web.office.units.services.importing import units_load

    files = [(path.name, path.read_bytes()) for path in sorted((bundled("data") / "units").glob("*.csv"))]
    call_command("migrate", verbosity=0, interactive=False)
    begun = time.process_time()
    units = units_load(files=files, now=NOW).added
    return time.process_time() - begun, units


def give_returns(weeks: int) -> tuple["Assignment", Counter[str]]:
    """Write an approved return of every unit for every week; return what they add up to, province by province."""
    from django.db import connection, transaction

    from quetsach.campaign.returns.period import PeriodKind
    from quetsach.campaign.returns.period import weeks as weeks_of
    from quetsach.campaign.units.unit import UnitKind
    from quetsach.installation import bundled
    from quetsach.web.office.plans.models import Campaign
    from quetsach.web.office.returns.models import FigureName
    from quetsach.web.office.returns.services.assignment import Target, assignment_make, form_load
    from quetsach.web.office.tree.models import Position
    from quetsach.web.office.tree.selectors import root_unit

    path = bundled("data") / "forms" / "unit-return-1.toml"
    kinds = (UnitKind.PROVINCE, UnitKind.DISTRICT, UnitKind.COMMUNE)
    assignment = assignment_make(
        by=None,
        campaign=Campaign.objects.create(key="viet-nam-2020", begun_at=NOW),
        form=form_load(content=path.read_bytes(), file=path.name),
        period_kind=PeriodKind.WEEK,
        periods=weeks_of(FIRST_WEEK, FIRST_WEEK + timedelta(days=7 * weeks - 1)),
        targets=[Target(root_unit(), kind) for kind in kinds],
        due_days=3,
        lock_days=10,
        now=NOW,
    )
    name = FigureName.objects.get_or_create(code=ELEMENT)[0].pk
    places = Position.objects.on(FIRST_WEEK).filter(unit__kind__in=[kind.value for kind in kinds])
    chance, expected = random.Random(2020), Counter[str]()
    returns: list[tuple[int | str | datetime, ...]] = []
    figures: list[tuple[int, ...]] = []
    for period in assignment.periods.all():
        for unit, place in places.values_list("unit", "path"):
            value, number = chance.randrange(40), len(returns) + 1
            expected["/".join(place.split("/")[:3]) + "/"] += value
            returns.append((number, period.pk, unit, "own", "approved", 1, "{}", NOW, NOW))
            figures.append((number, assignment.pk, period.pk, unit, name, value, True))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO office_returns_return (id, period_id, unit_id, scope, state, revision, cells, submitted_at, "
            "changed_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            returns,
        )
        cursor.executemany(
            "INSERT INTO office_returns_returnfigure (filed_id, assignment_id, period_id, unit_id, name_id, value, "
            "is_approved) VALUES (%s, %s, %s, %s, %s, %s, %s)",
            figures,
        )
    return assignment, expected


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weeks", type=int, default=12)
    weeks = parser.parse_args().weeks
    with tempfile.TemporaryDirectory() as folder:
        load_s, units = prepare(Path(folder))
        assignment, expected = give_returns(weeks)
        periods = list(assignment.periods.all())
        from django.db import connection

        from quetsach.web.office.returns.models import ReturnFigure
        from quetsach.web.office.returns.selectors.totals import totals_by_level

        elements = [element for element in assignment.form.form.elements() if element.id == ELEMENT]

        def roll_up() -> dict[str, int]:
            totals = totals_by_level(assignment, periods, elements, level=1, is_approved_only=False)
            return {path: group[ELEMENT].value for path, group in totals.items()}

        def read_once() -> int:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT SUM(value) FROM office_returns_returnfigure WHERE assignment_id = %s", [assignment.pk]
                )
                return int(cursor.fetchone()[0])

        found = roll_up()
        right = found == dict(expected) and read_once() == expected.total()
        took, once = cpu_ms(roll_up), cpu_ms(read_once)
        rows = ReturnFigure.objects.count()
        connection.close()
    good = took <= LIMIT_MS and right
    print(f"{units:,} units loaded in {load_s:.1f} s of CPU")
    print(
        f"{rows:,} figures ({rows // weeks:,} units x {weeks} weeks) by {len(found)} provinces: {took:.1f} ms of CPU, "
        f"{took / once:.1f} times reading the rows once ({once:.1f} ms); "
        f"{'the same as' if right else 'NOT the same as'} adding them one by one"
    )
    print(f"target: at most {LIMIT_MS} ms of CPU: {'pass' if good else 'MISS'}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
