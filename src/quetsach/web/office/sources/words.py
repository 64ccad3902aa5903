"""What the pages of sources call kinds, fields and proofs, and what they say about them."""

from collections.abc import Mapping

from django import template
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from quetsach.centre.sources.pulling import State
from quetsach.centre.sources.source import Kind, Proof
from quetsach.core.errors import QuetsachError
from quetsach.web.office.refusal import refusal_text

register = template.Library()

KINDS: Mapping[Kind, tuple[str | Promise, str | Promise]] = {
    Kind.HTTP: (_("File at an address"), _("One file over HTTPS, fetched anew when its server has another version.")),
    Kind.SHADOWSERVER: (_("Shadowserver"), _("The reports of Shadowserver, by its interface for subscribers.")),
    Kind.TAXII: (_("TAXII 2.1"), _("A collection of STIX objects on a server of TAXII 2.1.")),
    Kind.MISP: (_("Feed of MISP"), _("A folder with manifest.json and its events.")),
    Kind.FOLDER: (_("Landing folder"), _("Files that others put into a folder of the centre's computer.")),
}
PROOFS: Mapping[Proof, str | Promise] = {
    Proof.NONE: _("nothing: anybody may ask"),
    Proof.BASIC: _("name and password"),
    Proof.BEARER: _("token (Bearer)"),
    Proof.HEADER: _("secret in a header of its own"),
}
FIELDS: Mapping[str, str | Promise] = {
    "name": _("Name of the source"),
    "feed": _("Feed"),
    "report": _("Report"),
    "schedule_every_minutes": _("Every so many minutes"),
    "schedule_daily_at": _("Or daily at"),
    "bounds_file_mb": _("Largest file, in MiB"),
    "bounds_file_seconds": _("Longest time for a file, in seconds"),
    "bounds_files": _("Most files at a time"),
    "bounds_keep_free_mb": _("Room that stays free on the disk, in MiB"),
    "folder": _("Landing folder"),
    "settle_seconds": _("A file is whole after so many seconds without a change"),
    "url": _("Address"),
    "files_url": _("Address of the files"),
    "collection": _("Collection"),
    "days": _("Days back that reports are listed for"),
    "proof": _("How the server knows this centre"),
    "header": _("Name of the header"),
    "key_file": _("File of the API key"),
    "secret_file": _("File of the secret"),
}
HELPS: Mapping[str, str | Promise] = {
    "name": _("Small letters without marks, digits, '_' and '-', such as shadowserver. It stays."),
    "report": _("Leave it empty where a file tells which report it is."),
    "schedule_every_minutes": _("Fill in this, or the time of day below, not both."),
    "schedule_daily_at": _("By the clock of the country, such as 06:30."),
    "url": _("It starts with https:// or http:// and holds no name, password or token."),
    "key_file": _("Only the file is named here. Who runs the centre's computer puts it into the folder of its host."),
    "secret_file": _(
        "Only the file is named here. Who runs the centre's computer puts it into the folder of its host."
    ),
    "header": _("Only where the secret stands in a header of its own, such as X-Api-Key."),
}


@register.filter
def kind_name(kind: Kind) -> str | Promise:
    """Return what a kind of source is called."""
    return KINDS[kind][0]


@register.filter
def last_error(state: State) -> str:
    """Return what went wrong last, in the language of the page; empty where nothing did."""
    return state.error.get(get_language() or "vi", "") or next(iter(state.error.values()), "")


@register.filter
def told(error: QuetsachError) -> str:
    """Return an error as sentences, in the language of the page."""
    return refusal_text(error)
