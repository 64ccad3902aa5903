"""What roles are called, and what each is for."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from quetsach.campaign.authority import Role

ROLE_TITLES: Mapping[Role, str | Promise] = {
    Role.OPERATOR: _("Operator"),
    Role.ANALYST: _("Malware analyst"),
    Role.PRESS: _("Press officer"),
    Role.AUDITOR: _("Auditor"),
    Role.APPROVER: _("Approver"),
    Role.EDITOR: _("Editor"),
    Role.VIEWER: _("Viewer"),
}
ROLE_PURPOSES: Mapping[Role, str | Promise] = {
    Role.OPERATOR: _("runs the campaign and the tree of units; may do everything, but never approve alone"),
    Role.ANALYST: _("publishes signed packs and figures of the centre"),
    Role.PRESS: _("publishes figures, makes publicity kits, answers people who ask for help"),
    Role.AUDITOR: _("reads everything and the log, changes nothing"),
    Role.APPROVER: _("issues letters, approves returns and manages people of a unit and of all below it"),
    Role.EDITOR: _("writes and handles letters, enters returns, makes publicity kits of a unit and of all below it"),
    Role.VIEWER: _("sees a unit and all below it"),
}
