"""How declarations, figures and reasons are called on a page: a number, or bounds, always with what it counts."""

from collections.abc import Mapping

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from quetsach.campaign.partners.declaration import CountedAs, Figure, Level, MachineKey, Overlap, Versions, Window
from quetsach.campaign.partners.record import Reason
from quetsach.web.design.words import figure as write_number

MEASURES: Mapping[str, str | Promise] = {
    "turns": _("Scan turns"),
    "machines": _("Machines scanned"),
    "infected": _("Infected"),
    "cleaned": _("Cleaned"),
    "count": _("With this family"),
}
COUNTED_AS: Mapping[str, str | Promise] = {CountedAs.TURNS: _("turns"), CountedAs.MACHINES: _("machines")}
WINDOWS: Mapping[str, str | Promise] = {
    Window.DAY: _("a day"),
    Window.WEEK: _("an ISO week"),
    Window.MONTH: _("a month"),
}
LEVELS: Mapping[str, str | Promise] = {
    Level.COUNTRY: _("the whole country"),
    Level.PROVINCE: _("province"),
    Level.DISTRICT: _("district"),
    Level.COMMUNE: _("commune"),
    Level.ORGANISATION: _("ministry, agency or enterprise"),
}
KEYS: Mapping[str, str | Promise] = {
    MachineKey.INSTALLATION: _("the installation of the product"),
    MachineKey.HARDWARE: _("marks of the hardware"),
    MachineKey.LICENCE: _("the licence key"),
    MachineKey.ACCOUNT: _("the user's account"),
    MachineKey.ADDRESS: _("the internet address (weak: one is shared by many)"),
    MachineKey.NONE: _("machines are not told apart"),
}
VERSIONS: Mapping[str, str | Promise] = {
    Versions.TOGETHER: _("all versions together"),
    Versions.SPLIT: _("each version by itself"),
}
OVERLAPS: Mapping[str, str | Promise] = {
    Overlap.NONE: _("no: a machine stands under one product only"),
    Overlap.POSSIBLE: _("yes, that happens"),
    Overlap.UNKNOWN: _("that is not known"),
}
REFUSALS: Mapping[str, str | Promise] = {
    "key": _("The short name has lower-case letters, digits and hyphens only."),
    "name": _("Write a name of at most 120 characters."),
    "taken": _("There is a partner of this short name already."),
    "tokens": _("The partner has as many tokens as it may have. Revoke one first."),
    "version": _("Another version was added in the meantime. Look at it first."),
    "first": _("A declaration begins on a later day than the one before it."),
    "retroactive": _("Rows of this day or later were taken in under the declaration before. Choose a later day."),
    "undeclared": _("Before the first report, declare how this partner counts."),
    "empty": _("The file holds no record."),
    "header": _("The first line does not name the columns of a report (%(what)s)."),
    "not-utf-8": _("The first line is not text in UTF-8."),
    "damaged": _("The compressed file is damaged. Compress it again."),
    "too-large": _("The file is too large. Send it in parts, compressed with gzip."),
    "too-many": _("Many files of this partner are waiting. Send this one when they are worked off."),
    "lost": _("The file is no longer here. Send it again."),
    "no-folder": _("This centre keeps no files."),
}
"""What a page says about a :class:`~quetsach.campaign.errors.PartnerError`, by its code."""
REASONS: Mapping[str, str | Promise] = {
    Reason.TOO_LONG: _("the line is too long"),
    Reason.NOT_UTF8: _("not text in UTF-8"),
    Reason.CELLS: _("more or fewer cells than the header"),
    Reason.QUOTES: _("quotes that do not close"),
    Reason.NOT_JSON: _("not a JSON object of this form"),
    Reason.FIELD: _("a field that the report does not have"),
    Reason.DAY: _("not a day, week or month"),
    Reason.FUTURE: _("the window has not ended yet"),
    Reason.UNDECLARED: _("before the first declaration"),
    Reason.WINDOW: _("another window than was declared: it would overlap"),
    Reason.ACROSS: _("reaches into the days of the next declaration"),
    Reason.PLACE: _("no such place on that day"),
    Reason.LEVEL: _("another level of places than was declared: it would overlap"),
    Reason.TEXT: _("a name that is empty, too long or not printable"),
    Reason.VERSION: _("versions are told apart otherwise than was declared"),
    Reason.NUMBER: _("not a whole number within bounds"),
    Reason.NO_FIGURE: _("no figure is given"),
    Reason.MIXED: _("totals and a family in one row"),
    Reason.MACHINES: _("machines, though none are told apart"),
    Reason.CONTRADICTION: _("a part larger than its whole"),
    Reason.CONFLICT: _("other figures are held under the same revision"),
    Reason.OUTDATED: _("a later revision is held"),
    Reason.TOO_MANY_LINES: _("too many products, versions and families"),
}
register = template.Library()
_TABLES = {
    "COUNTED_AS": COUNTED_AS,
    "KEYS": KEYS,
    "LEVELS": LEVELS,
    "MEASURES": MEASURES,
    "OVERLAPS": OVERLAPS,
    "REASONS": REASONS,
    "VERSIONS": VERSIONS,
    "WINDOWS": WINDOWS,
}


@register.filter
def bounds(value: Figure) -> str:
    """Write a figure: one number, or the least and the most."""
    if value.is_exact:
        return write_number(value.most)
    return f"{write_number(value.least)} – {write_number(value.most)}"


@register.filter
def worded(value: str, table: str) -> str | Promise:
    """Return the words of a value of one of the tables, such as ``REASONS``."""
    return _TABLES[table].get(value, value)
