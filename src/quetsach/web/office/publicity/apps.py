"""The app's name and label, the texts that people reword, and when counts of visits are written."""

from django.apps import AppConfig
from django.core.signals import request_finished


class Publicity(AppConfig):
    """The publicity kit of a unit, its verification page and its reach."""

    name = "quetsach.web.office.publicity"
    label = "office_publicity"
    verbose_name = "Office: publicity"

    def ready(self) -> None:
        """Let people reword the texts of kits; write visits after answers have gone out."""
        from django.utils.translation import gettext_lazy as _  # noqa: PLC0415

        from quetsach.campaign.authority import Permission  # noqa: PLC0415
        from quetsach.campaign.kit_texts import PLACEHOLDERS  # noqa: PLC0415
        from quetsach.web.office.publicity.contents import DOCUMENT, kit_texts  # noqa: PLC0415
        from quetsach.web.office.publicity.services import visits_flush  # noqa: PLC0415  (models are not loaded before)
        from quetsach.web.office.wording.selectors import Document, register_document  # noqa: PLC0415

        title, room = _("Texts of kits"), "office:publicity:list"
        register_document(
            Document(DOCUMENT, title, Permission.MAKE_KIT, kit_texts, PLACEHOLDERS, room, has_lines=False)
        )

        request_finished.connect(visits_flush, dispatch_uid="quetsach.publicity.visits")
