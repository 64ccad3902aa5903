"""The app's name and label."""

from django.apps import AppConfig


class Helpdesk(AppConfig):
    """People who ask for help, and their answers."""

    name = "quetsach.web.office.helpdesk"
    label = "office_helpdesk"
    verbose_name = "Office: help desk"
