"""The app's name and label."""

from django.apps import AppConfig


class Partners(AppConfig):
    """Bulk reports of partner vendors, shown apart."""

    name = "quetsach.web.office.partners"
    label = "office_partners"
    verbose_name = "Office: partners"
