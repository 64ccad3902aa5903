"""What states, acts and refusals are called on the pages."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from quetsach.campaign.returns.state import Act, Scope, Standing, State

STANDINGS: Mapping[Standing, tuple[str | Promise, str]] = {
    Standing.EXPECTED: (_("not due yet"), "plain"),
    Standing.OVERDUE: (_("overdue"), "attention"),
    Standing.LOCKED: (_("missing, entry closed"), "attention"),
    Standing.COVERED: (_("counted by the unit above"), "plain"),
    Standing.SIGNED_OFF: (_("stated not to report"), "plain"),
    Standing.SENT_BACK: (_("sent back"), "attention"),
    Standing.WAITING: (_("waits for units below"), "plain"),
    Standing.READY: (_("to be approved"), "attention"),
    Standing.APPROVED: (_("approved"), "good"),
}
"""Title and badge."""

STATES: Mapping[State, str | Promise] = {
    State.DRAFT: _("draft"),
    State.SUBMITTED: _("submitted"),
    State.RETURNED: _("sent back"),
    State.APPROVED: _("approved"),
}
ACTS: Mapping[Act, str | Promise] = {
    Act.SUBMIT: _("submitted"),
    Act.RETURN: _("sent back"),
    Act.APPROVE: _("approved"),
    Act.REOPEN: _("opened again"),
}
SCOPES: Mapping[Scope, str | Promise] = {
    Scope.OWN: _("the unit's own machines"),
    Scope.SUBTREE: _("the unit and every unit below it, which then do not report"),
}
