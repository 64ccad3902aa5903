"""The app's name and label."""

from django.apps import AppConfig


class Letters(AppConfig):
    """Official letters: written, issued, sent down the tree, acknowledged."""

    name = "quetsach.web.office.letters"
    label = "office_letters"
    verbose_name = "Office: letters"

    def ready(self) -> None:
        """Say what the log calls letters, and hear what becomes of their mail."""
        from quetsach.web.office.letters.selectors.letters import letter_names  # noqa: PLC0415
        from quetsach.web.office.letters.services.events import mail_heard  # noqa: PLC0415
        from quetsach.web.office.log.services import register_namer  # noqa: PLC0415
        from quetsach.web.office.mail.services.queue import listen  # noqa: PLC0415

        register_namer("letter", letter_names)
        listen(mail_heard)
