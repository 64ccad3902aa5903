"""The app's name and label."""

from django.apps import AppConfig


class Returns(AppConfig):
    """Returns of the units: entered, checked, approved up the tree, added up."""

    name = "quetsach.web.office.returns"
    label = "office_returns"
    verbose_name = "Office: returns"
