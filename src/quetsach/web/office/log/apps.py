"""The app's name and label."""

from django.apps import AppConfig


class Log(AppConfig):
    """What was done, by whom and when: append-only and chained."""

    name = "quetsach.web.office.log"
    label = "office_log"
    verbose_name = "Office: log"
