"""The app's name and label."""

from django.apps import AppConfig


class Audit(AppConfig):
    """The log as people read it."""

    name = "quetsach.web.office.audit"
    label = "office_audit"
    verbose_name = "Office: log"
