"""The app's name and label."""

from django.apps import AppConfig


class Feeds(AppConfig):
    """The feeds: until when their data go, what was set aside and why, which names wait for an analyst."""

    name = "quetsach.web.office.feeds"
    label = "office_feeds"
    verbose_name = "Office: feeds"
