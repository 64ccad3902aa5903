"""The app's name and label."""

from django.apps import AppConfig


class Campaigns(AppConfig):
    """Campaigns: phases, gates, boards, decisions."""

    name = "quetsach.web.office.campaigns"
    label = "office_campaign_pages"
    verbose_name = "Office: campaigns"

    def ready(self) -> None:
        """Say what follows from a grant."""
        from django.utils.translation import gettext_lazy as _  # noqa: PLC0415

        from quetsach.web.office.approvals.services import Consequence, register_consequence  # noqa: PLC0415
        from quetsach.web.office.campaigns.selectors.decisions import baseline_shown, decision_shown  # noqa: PLC0415
        from quetsach.web.office.campaigns.services import baseline, decisions  # noqa: PLC0415

        register_consequence(
            "baseline",
            Consequence(
                check=baseline.baseline_check,
                carry_out=baseline.baseline_carry_out,
                done=_("Granted. The baseline is frozen; the next publication shows it."),
                template="office/campaigns/baseline_asked.html",
                context=baseline_shown,
            ),
        )
        register_consequence(
            "decision",
            Consequence(
                check=decisions.decision_check,
                carry_out=decisions.decision_carry_out,
                done=_("Granted. The decision is recorded."),
                template="office/campaigns/decision_asked.html",
                context=decision_shown,
            ),
        )
