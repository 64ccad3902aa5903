"""The app's name and label."""

from django.apps import AppConfig


class Units(AppConfig):
    """The tree of units as people see and change it, with groups and contacts."""

    name = "quetsach.web.office.units"
    label = "office_unit_pages"
    verbose_name = "Office: units"
