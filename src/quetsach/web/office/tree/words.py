"""What kinds of units are called on a page."""

from django.utils.translation import gettext_lazy as _

from quetsach.campaign.units.unit import UnitKind

KIND_TITLES = {
    UnitKind.CENTRE: _("Coordinating centre"),
    UnitKind.PROVINCE: _("Province or city"),
    UnitKind.DISTRICT: _("District"),
    UnitKind.COMMUNE: _("Commune, ward or special zone"),
    UnitKind.MINISTRY: _("Ministry"),
    UnitKind.AGENCY: _("Agency"),
    UnitKind.ENTERPRISE: _("Enterprise"),
}
COLUMN_TITLES = {
    "key": _("Key"),
    "code": _("Code"),
    "name_vi": _("Name in Vietnamese"),
    "name_en": _("Name in English"),
    "kind": _("Kind"),
    "parent": _("Reports to"),
    "opened": _("Since"),
    "closed": _("Until"),
    "decree": _("Decree"),
}
"""What a column of the table of units is called on a page; in the file it has its short name."""
