"""The app's name and label."""

from django.apps import AppConfig


class Wording(AppConfig):
    """Texts that people of the centre reword."""

    name = "quetsach.web.office.wording"
    label = "office_wording"
    verbose_name = "Office: wording"
