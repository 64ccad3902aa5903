"""What states, acts and refusals are called on the pages."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from quetsach.campaign.returns.form import Counts, Kind, Span
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

KINDS: Mapping[Kind, str | Promise] = {
    Kind.COUNT: _("one number"),
    Kind.TEXT: _("a text"),
    Kind.CHOICE: _("one of these"),
    Kind.DATE: _("a day"),
    Kind.TABLE: _("a number for each row"),
    Kind.FAMILIES: _("families of malware, each with a number"),
}
COUNTS: Mapping[Counts, str | Promise] = {
    Counts.MACHINES: _("machines"),
    Counts.TURNS: _("turns of scanning"),
    Counts.PEOPLE: _("people"),
    Counts.UNITS: _("units"),
    Counts.TIMES: _("times"),
    Counts.ADDRESSES: _("Internet addresses"),
    Counts.DEVICES: _("devices"),
    Counts.PROGRAMS: _("programs"),
}
"""What one of a figure is."""
SPANS: Mapping[Span, str | Promise] = {
    Span.PERIOD: _("within the period"),
    Span.TO_DATE: _("since the start of the campaign"),
}
