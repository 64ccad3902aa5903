"""The app's name and label."""

from django.apps import AppConfig


class Figures(AppConfig):
    """New figures wait here until a second person lets them out."""

    name = "quetsach.web.office.figures"
    label = "office_figures"
    verbose_name = "Office: figures"

    def ready(self) -> None:
        """Say what follows from a grant."""
        from django.utils.translation import gettext_lazy as _  # noqa: PLC0415

        from quetsach.web.office.approvals.services import Consequence, register_consequence  # noqa: PLC0415
        from quetsach.web.office.figures import selectors, services  # noqa: PLC0415

        register_consequence(
            "figures",
            Consequence(
                check=services.figures_check,
                carry_out=services.figures_release,
                done=_("Granted. The figures are published."),
                template="office/figures/approval.html",
                context=selectors.shown_to_approver,
            ),
        )
