"""The app's name and label, and the texts that people reword."""

from django.apps import AppConfig


class Helpdesk(AppConfig):
    """People who ask for help, and their answers."""

    name = "quetsach.web.office.helpdesk"
    label = "office_helpdesk"
    verbose_name = "Office: help desk"

    def ready(self) -> None:
        """Let people reword the ready answers."""
        from django.utils.translation import gettext_lazy as _  # noqa: PLC0415

        from quetsach.campaign.authority import Permission  # noqa: PLC0415
        from quetsach.campaign.helpdesk import PLACES  # noqa: PLC0415
        from quetsach.web.office.helpdesk.wording import DOCUMENT, built_answers  # noqa: PLC0415
        from quetsach.web.office.wording.selectors import Document, register_document  # noqa: PLC0415

        title, room = _("Ready answers"), "office:helpdesk:list"
        register_document(
            Document(DOCUMENT, title, Permission.ANSWER_CASES, built_answers, PLACES, room, has_lines=True)
        )
