"""The app's name and label."""

from django.apps import AppConfig


class Units(AppConfig):
    """The dated tree of units, their groups and contacts."""

    name = "quetsach.web.office.units"
    label = "office_units"
    verbose_name = "Office: units"
