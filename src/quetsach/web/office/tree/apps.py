"""The app's name and label."""

from django.apps import AppConfig


class Tree(AppConfig):
    """The dated tree of units as it is kept. Its tables have the name of the pages that show them."""

    name = "quetsach.web.office.tree"
    label = "office_units"
    verbose_name = "Office: tree of units"

    def ready(self) -> None:
        """Say what the log calls units."""
        from quetsach.web.office.log.services import register_namer  # noqa: PLC0415
        from quetsach.web.office.tree.selectors import unit_names  # noqa: PLC0415

        register_namer("unit", unit_names)
