"""What is approved."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

KIND_TITLES: Mapping[str, str | Promise] = {
    "letter": _("Official letter"),
    "numbers": _("Figures for publication"),
    "packs": _("Signed packs"),
    "kit": _("Publicity kit"),
    "campaign": _("Step of the campaign"),
    "baseline": _("Baseline of the campaign"),
    "assignment": _("Returns asked of many units"),
    "decision": _("Decision of the campaign"),
}
