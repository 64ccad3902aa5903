"""The app's name and label."""

from django.apps import AppConfig


class Packs(AppConfig):
    """New packs for everybody wait here until a second person lets them out."""

    name = "quetsach.web.office.packs"
    label = "office_packs"
    verbose_name = "Office: packs"

    def ready(self) -> None:
        """Say what the log calls packs."""
        from quetsach.web.office.log.services import register_namer  # noqa: PLC0415
        from quetsach.web.office.packs.selectors import pack_names  # noqa: PLC0415

        register_namer("packs", pack_names)
