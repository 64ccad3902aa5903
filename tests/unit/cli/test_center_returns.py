"""``center returns``: each run is a process, as Django is set up once in each."""

import csv
import io
import json
from pathlib import Path

import pytest
from tests.centre import migrated
from tests.commands import program, quetsach

PREPARE = """
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from quetsach.web.configuration import configure_web
configure_web(Path(sys.argv[1]))
from quetsach.campaign.returns.period import PeriodKind, weeks
from quetsach.campaign.returns.state import Act, Scope
from quetsach.cli.center.returns import load_bundled_forms
from quetsach.web.office.plans.models import Campaign
from quetsach.web.office.people.models import Duty, Person
from quetsach.web.office.returns.models import ReturnForm
from quetsach.web.office.returns.services.assignment import Target, assignment_make
from quetsach.web.office.returns.services.decision import return_decide
from quetsach.web.office.returns.services.entry import return_submit
from quetsach.web.office.tree.models import Position, Unit, UnitKind
NOW, OPENED = datetime(2020, 10, 12, 3, tzinfo=UTC), date(2020, 1, 1)
units = {}
for path in ("/tw/", "/tw/31-2020/", "/tw/31-2020/303-2020/", "/tw/01-2020/"):
    key = path.strip("/").split("/")[-1]
    kind = ("centre", "province", "district")[path.count("/") - 2]
    unit = Unit.objects.create(key=key, code=key[:2], kind=kind, name_vi=key, opened=OPENED)
    units[path] = unit
    above = units.get(path[: path.rstrip("/").rfind("/") + 1])
    Position.objects.create(unit=unit, parent=above, path=path, level=path.count("/") - 2, first=OPENED)
load_bundled_forms()
by = Person.objects.create_user("o@example.vn", name="O")
Duty.objects.create(person=by, role="operator", unit=units["/tw/"], first=OPENED)
made = assignment_make(
    by=None, campaign=Campaign.objects.create(key="viet-nam-2020", begun_at=NOW), form=ReturnForm.objects.get(),
    period_kind=PeriodKind.WEEK, periods=weeks(date(2020, 10, 5), date(2020, 10, 18)),
    targets=[Target(units["/tw/"], UnitKind.PROVINCE), Target(units["/tw/"], UnitKind.DISTRICT)],
    due_days=3, lock_days=10, now=NOW,
)
period = made.periods.first()
cells = {"contact": "Hòa", "staff-informed": "85", "machines-in-scope": "60", "machines-scanned": "55",
         "machines-infected": "12", "machines-cleaned": "9", "machines-reinstalled": "2", "machines-unresolved": "1"}
for path in ("/tw/31-2020/303-2020/", "/tw/01-2020/"):
    filed = return_submit(author=by, period=period, unit=units[path], scope=Scope.OWN, cells=cells,
                          has_seen_notes=False, now=NOW)
    if path.startswith("/tw/31"):
        return_decide(filed=filed, act=Act.APPROVE, reason="", by=by, now=NOW)
"""


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A centre with two returns of a week, one of them approved."""
    folder = migrated(tmp_path_factory, "returns")
    program(PREPARE, folder)
    return folder


def told(centre: Path, *words: str, code: int = 0) -> str:
    done = quetsach("center", "returns", *words, "--data", centre)
    assert done.returncode == code, done.stderr
    return done.stdout if code == 0 else done.stderr


OF = ("--campaign", "viet-nam-2020", "--period", "2020-W41")


def test_totals_are_of_approved_returns_with_their_completeness(centre: Path) -> None:
    [report] = json.loads(told(centre, "totals", *OF, "--by", "province", "--json"))
    scanned = next(figure for figure in report["figures"] if figure["id"] == "machines-scanned")
    assert (scanned["value"], scanned["given"], scanned["span"]) == (55, 1, "to-date")
    assert report["completeness"]["district"] == {
        "expected": 1, "received": 1, "approved": 1, "covered": 0, "covered_by_approved": 0, "on_time": 1, "missing": 0,
    }  # fmt: skip
    assert [(row["unit"], row["accounted"], row["expected"]) for row in report["rows"]] == [
        ("01-2020", 0, 1), ("31-2020", 1, 2),
    ]  # fmt: skip


def test_provisional_totals_count_what_is_not_approved(centre: Path) -> None:
    [report] = json.loads(told(centre, "totals", *OF, "--by", "country", "--provisional", "--json"))
    assert next(f["value"] for f in report["figures"] if f["id"] == "machines-scanned") == 110
    assert [row["values"]["machines-scanned"] for row in report["rows"]] == [110]


def test_totals_are_a_table_for_people_and_for_programs(centre: Path) -> None:
    shown = told(centre, "totals", *OF, "--lang", "en")
    assert "1 of 1 districts (100.0 %), 100.0 % on time" in shown
    assert "Week 41/2020 (5–11 October 2020) [2020-W41]" in shown
    rows = list(csv.DictReader(io.StringIO(told(centre, "totals", *OF, "--csv"))))
    assert rows[1]["machines-scanned"] == "55"


def test_overdue_returns_are_listed(centre: Path) -> None:
    late = json.loads(told(centre, "overdue", *OF, "--json"))
    assert [(one["unit"], one["standing"]) for one in late] == [("31-2020", "locked")]


def test_all_returns_are_exported_as_data(centre: Path) -> None:
    records = json.loads(told(centre, "export", "--campaign", "viet-nam-2020"))
    assert len(records) == 6
    rows = list(csv.DictReader(io.StringIO(told(centre, "export", "--campaign", "viet-nam-2020", "--csv"))))
    mine = next(row for row in rows if row["unit"] == "303-2020" and row["period"] == "2020-W41")
    assert json.loads(mine["figures"])["machines-scanned"] == 55
    assert "Hòa" not in str(rows)


def test_forms_are_taken_in_once(centre: Path) -> None:
    assert json.loads(told(centre, "load", "--json")) == {"forms": 1}


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("totals", "--campaign", "nowhere"), "nowhere"),
        (("totals", "--campaign", "viet-nam-2020", "--period", "2021-W01"), "2020-W41"),
        (("load", "/nonexistent.toml"), "/nonexistent.toml"),
    ],
)
def test_what_is_not_there_is_told(centre: Path, words: tuple[str, ...], complaint: str) -> None:
    assert complaint in told(centre, *words, code=1)
