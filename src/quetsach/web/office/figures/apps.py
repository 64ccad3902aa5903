"""The app's name and label."""

from django.apps import AppConfig


class Figures(AppConfig):
    """New figures wait here until a second person lets them out."""

    name = "quetsach.web.office.figures"
    label = "office_figures"
    verbose_name = "Office: figures"
