"""Who letters come from, as dated data: agencies are renamed and merged, and a letter keeps the name of its day."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from quetsach.campaign.section import MAX_BYTES, Section
from quetsach.centre.tables import country_folder
from quetsach.web.office.letters.document.errors import DocumentError
from quetsach.web.office.letters.document.letter import Issuer


@dataclass(frozen=True, slots=True)
class DatedIssuer:
    """An issuer for the days from ``first`` to ``last``, both included: a unit's key, and the title of its head."""

    key: str
    first: date
    last: date | None
    issuer: Issuer
    title: str


def read_issuers(content: bytes, *, file: str) -> tuple[DatedIssuer, ...]:
    """Read ``issuers.toml``.

    Raises:
        CampaignError: a field is missing, unknown or of another form.
        DocumentError: a name that cannot be printed, or two entries of one key on one day.
    """
    top = Section.parse(content, file=file)
    issuers = tuple(_read(section) for section in top.sections("issuer"))
    top.finish()
    for earlier, later in zip(
        by_day := sorted(issuers, key=lambda one: (one.key, one.first)), by_day[1:], strict=False
    ):
        if earlier.key == later.key and (earlier.last is None or earlier.last >= later.first):
            raise DocumentError(f"two entries of {later.key!r} count on {later.first}", where=file)
    return issuers


def issuers_of(data: Path | None) -> tuple[DatedIssuer, ...]:
    """Return the issuers in a centre's data, ``letters/issuers.toml``; those of its country where it has none.

    Raises:
        CampaignError, DocumentError: as ``read_issuers``.
    """
    own = data / "letters" / "issuers.toml" if data else None
    for path in (own, country_folder(data) / "issuers.toml"):
        if path is not None and path.is_file():
            with path.open("rb") as file:
                return read_issuers(file.read(MAX_BYTES + 1), file=str(path))
    return ()


def issuer_on(issuers: Iterable[DatedIssuer], key: str, day: date) -> DatedIssuer | None:
    """Return what an issuer was called on a day; ``None`` if there was none of that key."""
    for one in issuers:
        if one.key == key and one.first <= day and (one.last is None or day <= one.last):
            return one
    return None


def _read(section: Section) -> DatedIssuer:
    issuer = Issuer(
        section.text("superior") if section.has("superior") else "",
        section.text("agency"),
        section.text("place"),
        section.text("symbol"),
        section.text("address") if section.has("address") else "",
    )
    first, last = section.day("first"), section.day("last") if section.has("last") else None
    if last is not None and last < first:
        raise section.error("last", "is before first")
    read = DatedIssuer(section.text("key"), first, last, issuer, section.text("title"))
    section.finish()
    return read
