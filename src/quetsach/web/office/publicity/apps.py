"""The app's name and label, and when counts of visits are written."""

from django.apps import AppConfig
from django.core.signals import request_finished


class Publicity(AppConfig):
    """The publicity kit of a unit, its verification page and its reach."""

    name = "quetsach.web.office.publicity"
    label = "office_publicity"
    verbose_name = "Office: publicity"

    def ready(self) -> None:
        """Write visits after answers have gone out."""
        from quetsach.web.office.publicity.visits import visits_flush  # noqa: PLC0415  (models are not loaded before)

        request_finished.connect(visits_flush, dispatch_uid="quetsach.publicity.visits")
