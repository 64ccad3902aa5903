"""The app's name and label."""

from django.apps import AppConfig


class Approvals(AppConfig):
    """Two people for what cannot be taken back: one asks, another decides."""

    name = "quetsach.web.office.approvals"
    label = "office_approvals"
    verbose_name = "Office: approvals"
