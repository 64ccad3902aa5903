"""The app's name and label."""

from django.apps import AppConfig


class Campaigns(AppConfig):
    """Campaigns: phases, gates, boards, decisions."""

    name = "quetsach.web.office.campaigns"
    label = "office_campaigns"
    verbose_name = "Office: campaigns"
