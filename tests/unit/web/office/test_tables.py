"""Where a model stands in the code is one thing; a data folder knows its table and its migrations by other names."""

from django.apps import apps
from django.db.migrations.loader import MigrationLoader

from quetsach.web.data_folder import own_migrations
from quetsach.web.office.codes import Verification
from quetsach.web.office.log.models import LogEntry
from quetsach.web.office.mail.models import Message
from quetsach.web.office.plans.models import Campaign, EvaluationRun
from quetsach.web.office.tree.models import ImportDraft, Unit

TABLES = {
    Campaign: "office_campaigns_campaign",
    EvaluationRun: "office_campaigns_evaluationrun",
    ImportDraft: "office_units_importdraft",
    LogEntry: "office_log_logentry",
    Message: "office_letters_message",
    Unit: "office_units_unit",
    Verification: "office_publicity_verification",
}
MIGRATED = {
    "office_approvals",
    "office_campaigns",
    "office_feeds",
    "office_helpdesk",
    "office_letters",
    "office_log",
    "office_partners",
    "office_people",
    "office_publicity",
    "office_returns",
    "office_units",
    "office_wording",
}
"""Under these names each data folder has noted which migrations it has; under another they would run again."""


def _migrated() -> set[str]:
    return {app for app, _name in MigrationLoader(None).disk_migrations if app.startswith("office")}


def test_models_have_the_tables_that_they_were_first_given() -> None:
    assert {model: model._meta.db_table for model in TABLES} == TABLES


def test_migrations_have_the_names_under_which_they_were_noted() -> None:
    assert _migrated() >= MIGRATED


def test_the_note_of_a_data_folder_names_migrations_as_the_database_does() -> None:
    """It is written and read without Django; under another name the folder would be one of a newer release."""
    ours = {(app.replace(".", "_"), one.partition(":")[2]) for app, names in own_migrations().items() for one in names}
    known = MigrationLoader(None).disk_migrations
    assert ours == {(app, name) for app, name in known if app == "api" or app.startswith("office")}


def test_whatever_is_kept_belongs_to_an_app_that_migrates() -> None:
    kept = {model._meta.app_label for model in apps.get_models() if model.__module__.startswith("quetsach.web.office")}
    assert kept == _migrated()
