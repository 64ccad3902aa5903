"""What was asked for before there were second persons and invitations goes on as it was."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import StateApps
from tests.unit.web.office.returns.test_pages import PLAN

AT = datetime(2020, 10, 1, tzinfo=UTC)
APP, BEFORE, AFTER = "office_returns", "0003_policy", "0004_asking"


def migrated(name: str) -> StateApps:
    """Bring the tables of returns to a migration, and return the models of that time; other apps stay as they are."""
    executor = MigrationExecutor(connection)
    executor.migrate([(APP, name)])
    others = [node for node in executor.loader.graph.leaf_nodes() if node[0] != APP]
    return executor.loader.project_state([*others, (APP, name)]).apps


@pytest.fixture
def before(transactional_db) -> Iterator[StateApps]:
    """Return the models as they were, in a database of that time."""
    yield migrated(BEFORE)
    call_command("migrate", verbosity=0)


def test_it_is_in_force_phases_have_names_and_who_was_reminded_counts_as_invited(before: StateApps) -> None:
    def make(app: str, model: str, **facts: object):
        return before.get_model(app, model).objects.create(**facts)

    campaign = make("office_campaigns", "Campaign", key="viet-nam-2020", begun_at=AT)
    make("office_campaigns", "PlanRevision", campaign=campaign, number=1, document=PLAN, sha256="x", made_at=AT)
    form = make(APP, "ReturnForm", code="unit-return-1", document="x", sha256="x")
    facts = {"campaign": campaign, "form": form, "period_kind": "phase", "due_days": 3, "lock_days": 10}
    assignment = make(APP, "Assignment", **facts, made_at=AT)
    days = {"first": date(2020, 9, 17), "last": date(2020, 12, 15)}
    period = make(APP, "Period", assignment=assignment, key="during", **days)
    unit = make("office_units", "Unit", key="a-2020", code="a", name_vi="A", kind="commune", opened=date(2020, 1, 1))
    make(APP, "ReturnReminder", period=period, unit=unit, day=-3, is_digest=False, at=AT)

    after = migrated(AFTER)
    assert after.get_model(APP, "Assignment").objects.get().in_force_at == AT
    assert after.get_model(APP, "Period").objects.get().name_vi == "Trong"
    assert after.get_model(APP, "Invitation").objects.get().unit_id == unit.pk
