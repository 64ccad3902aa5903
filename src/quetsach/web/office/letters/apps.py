"""The app's name and label."""

from django.apps import AppConfig


class Letters(AppConfig):
    """Official letters: written, issued, sent down the tree, acknowledged."""

    name = "quetsach.web.office.letters"
    label = "office_letters"
    verbose_name = "Office: letters"
