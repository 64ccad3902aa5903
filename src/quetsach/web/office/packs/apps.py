"""The app's name and label."""

from django.apps import AppConfig


class Packs(AppConfig):
    """New packs for everybody wait here until a second person lets them out."""

    name = "quetsach.web.office.packs"
    label = "office_packs"
    verbose_name = "Office: packs"
