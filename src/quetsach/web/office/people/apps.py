"""The app's name and label."""

from django.apps import AppConfig


class People(AppConfig):
    """Who works in the office, and what they may do."""

    name = "quetsach.web.office.people"
    label = "office_people"
    verbose_name = "Office: people"

    def ready(self) -> None:
        """Write signing in to the log."""
        from quetsach.web.office.people.sign_in import session_store, signals  # noqa: PLC0415  (models must be loaded)

        session_store.connect()
        signals.connect()
