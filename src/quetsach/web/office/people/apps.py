"""The app's name and label."""

from django.apps import AppConfig


class People(AppConfig):
    """Who works in the office, and what they may do."""

    name = "quetsach.web.office.people"
    label = "office_people"
    verbose_name = "Office: people"
