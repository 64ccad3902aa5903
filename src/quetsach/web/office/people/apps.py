"""The app's name and label."""

from django.apps import AppConfig


class People(AppConfig):
    """Who works in the office, and what they may do."""

    name = "quetsach.web.office.people"
    label = "office_people"
    verbose_name = "Office: people"

    def ready(self) -> None:
        """Write signing in to the log, and say what the log calls people."""
        from quetsach.web.office.log.services import register_namer  # noqa: PLC0415  (models must be loaded)
        from quetsach.web.office.people.selectors import person_names  # noqa: PLC0415
        from quetsach.web.office.people.sign_in import sessions  # noqa: PLC0415

        sessions.keep_digests()
        sessions.log_sign_ins()
        register_namer("person", person_names)
