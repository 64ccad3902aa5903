"""The app's name and label."""

from django.apps import AppConfig


class Codes(AppConfig):
    """Codes that prove a thing genuine."""

    name = "quetsach.web.office.codes"
    label = "office_codes"
    verbose_name = "Office: codes"
