"""The app's name and label."""

from django.apps import AppConfig


class Plans(AppConfig):
    """Campaigns as they are kept. Their tables have the name of the pages that show them."""

    name = "quetsach.web.office.plans"
    label = "office_campaigns"
    verbose_name = "Office: plans of campaigns"

    def ready(self) -> None:
        """Say what the log calls campaigns and their decisions."""
        from quetsach.web.office.log.services import register_namer  # noqa: PLC0415
        from quetsach.web.office.plans.selectors import campaign_names, decision_names  # noqa: PLC0415

        register_namer("campaign", campaign_names)
        register_namer("decision", decision_names)
