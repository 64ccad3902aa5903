"""The app's name and label."""

from django.apps import AppConfig


class Operation(AppConfig):
    """Whether the centre can work: its first steps, mail, signing and health on one page."""

    name = "quetsach.web.office.operation"
    label = "office_operation"
    verbose_name = "Office: operation"
