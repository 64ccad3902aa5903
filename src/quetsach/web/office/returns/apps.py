"""The app's name and label."""

from django.apps import AppConfig


class Returns(AppConfig):
    """Returns of the units: entered, checked, approved up the tree, added up."""

    name = "quetsach.web.office.returns"
    label = "office_returns"
    verbose_name = "Office: returns"

    def ready(self) -> None:
        """Say what follows from a grant, and what pages of letters show of returns."""
        from django.utils.translation import gettext_lazy as _  # noqa: PLC0415

        from quetsach.web.office.approvals.services import Consequence, register_consequence  # noqa: PLC0415
        from quetsach.web.office.letters.links import register_returns  # noqa: PLC0415
        from quetsach.web.office.log.services import register_namer  # noqa: PLC0415
        from quetsach.web.office.returns.selectors.asking import form_names, shown_to_approver  # noqa: PLC0415
        from quetsach.web.office.returns.services import assignment, link  # noqa: PLC0415

        register_namer("form", form_names)
        register_returns(link)
        register_consequence(
            "assignment",
            Consequence(
                check=assignment.assignment_check,
                carry_out=assignment.assignment_carry_out,
                done=_("Granted. The units owe these returns now; invitations go out by and by."),
                template="office/returns/approval.html",
                context=shown_to_approver,
            ),
        )
