"""The app's name and label."""

from django.apps import AppConfig


class Publicity(AppConfig):
    """The publicity kit of a unit, its verification page and its reach."""

    name = "quetsach.web.office.publicity"
    label = "office_publicity"
    verbose_name = "Office: publicity"
