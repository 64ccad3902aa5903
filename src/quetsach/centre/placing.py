"""Places a name of malware in a family: what an analyst decides, checked against the table and kept for good."""

from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from typing import Any

from quetsach import storage
from quetsach.campaign.section import Section
from quetsach.centre.centre import Centre
from quetsach.centre.tables import placings_path
from quetsach.core.errors import InputError, QuetsachError
from quetsach.core.family import UNKNOWN_FAMILY, UNPLACED_FAMILY, FamilyNames, Placing, name_key
from quetsach.core.family_list import ListedFamily, ListIndex, VendorWords
from quetsach.core.table import PLACING_COLUMNS, csv_text
from quetsach.core.text import SystemText, Text

MOST_CHARACTERS = 200
_NO_FAMILY = (UNKNOWN_FAMILY, UNPLACED_FAMILY)


@dataclass(frozen=True, slots=True)
class Decided:
    """What an analyst says: a spelling is of a family; ``name`` and ``platform`` are of one that is new, else empty."""

    spelling: str
    family: str
    reason: str
    name: str = ""
    platform: str = ""


def checked_placing(names: FamilyNames, decided: Decided, *, by: str, now: datetime) -> Placing:
    """Return a decision as it is kept.

    Args:
        names: the families that there are.
        decided: what was decided.
        by: who decided it.
        now: when (UTC).

    Raises:
        InputError: a text is none that can be kept, the family is not known and not named, or a name is another
            family's own.
    """
    _refuse_texts((decided.spelling, decided.reason, decided.name, decided.platform))
    family = Section({"FAMILY": decided.family}, "command line").identifier("FAMILY")
    _refuse_names(names, decided, family)
    known = names.families.get(family)
    if not decided.reason.strip():
        raise InputError(Text("a reason is needed"), where="--reason")
    return Placing(
        spelling=decided.spelling.strip(),
        family=family,
        name=known.name if known else decided.name,
        platform=known.platform if known else decided.platform,
        by=by,
        at=now.astimezone(UTC).isoformat(timespec="seconds"),
        reason=decided.reason.strip(),
    )


def _refuse_texts(texts: Iterable[str]) -> None:
    for text in texts:
        if len(text) > MOST_CHARACTERS or not text.isprintable():
            raise InputError(
                Text("no text that can be kept: {text}", text=repr(text[:40])),
                hint=Text("at most {number} characters", number=MOST_CHARACTERS),
            )


def _refuse_names(names: FamilyNames, decided: Decided, family: str) -> None:
    key = name_key(decided.spelling)
    if not key or key in _NO_FAMILY or family in _NO_FAMILY:
        raise InputError(Text("this is no name of malware"), where=decided.spelling)
    owners = {name_key(own): f.id for f in names.families.values() for own in (f.id, f.name)}
    if owners.get(key, family) != family:
        raise InputError(Text("this is the identifier or name of a family itself"), where=decided.spelling)
    if family in names.families:
        return
    if not (decided.name and decided.platform):
        hint = Text("for a family that is new: --name NAME --platform NAME; quetsach center families list")
        raise InputError(Text("there is no such family"), where=decided.family, hint=hint)
    for own in (family, decided.name):
        if owner := owners.get(name_key(own)):
            raise InputError(
                Text("there is a family of this name already"),
                where=own,
                hint=Text("its identifier: {owner}", owner=owner),
            )


def taken_back(names: FamilyNames, spelling: str, reason: str, *, by: str, now: datetime) -> Placing:
    """Return that what an analyst decided about a spelling stands no longer: the table alone decides again.

    Raises:
        InputError: nobody placed it, or a text is none that can be kept.
    """
    if name_key(spelling) not in names.placed:
        hint = Text("quetsach center families list --placed")
        raise InputError(Text("no analyst has placed this name"), where=spelling[:MOST_CHARACTERS], hint=hint)
    _refuse_texts((spelling, reason))
    if not reason.strip():
        raise InputError(Text("a reason is needed"), where="--reason")
    at = now.astimezone(UTC).isoformat(timespec="seconds")
    return Placing(spelling.strip(), UNPLACED_FAMILY, UNPLACED_FAMILY, "", by, at, reason.strip())


def keep_placing(centre: Centre, placing: Placing) -> None:
    """Write the table with one line more, whole or not at all.

    Raises:
        QuetsachError: it cannot be written.
    """
    path, line = placings_path(centre.data), csv_text([astuple(placing)])
    try:
        storage.make_folder(path.parent)
        with storage.locked(path.with_suffix(".lock")):
            before = path.read_bytes() if path.exists() else (",".join(PLACING_COLUMNS) + "\n").encode()
            storage.write(path, before + line.encode())
    except OSError as error:
        raise QuetsachError(
            Text("cannot be written: {reason}", reason=SystemText(error.strerror)), where=str(path)
        ) from error


# Lists of others propose; an analyst decides.


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a list says about a name that waits.

    ``row`` is the name with what was seen of it (``lake.queries.UNPLACED_COLUMNS``), ``read_as`` the folded form that
    was looked up. ``families`` are those that it could be of, each with where the list says so; one that is not known
    here stands under the list's own name (``is_known``).
    """

    row: Mapping[str, Any]
    kept: str
    read_as: str
    families: tuple[tuple[str, str], ...]
    is_known: bool

    @property
    def state(self) -> str:
        """``proposed``, ``conflict`` (two families) or ``new`` (a family that is not known here)."""
        if len({family for family, _where in self.families}) > 1:
            return "conflict"
        return "proposed" if self.is_known else "new"


def proposals(
    names: FamilyNames, waiting: Iterable[Mapping[str, Any]], listed: Iterable[ListedFamily], words: VendorWords
) -> tuple[Proposal, ...]:
    """Return what a list says about the names that wait, in their order; one that it does not have is left out.

    A name is looked up as it is, and only then without what vendors put around it.
    """
    index, found = ListIndex(listed), []
    for row in waiting:
        kept, texts = str(row["kept"]), row["spellings"]
        for keys in ([kept], sorted({words.bare(text) for text in texts} - {"", kept})):
            said = {key: _said(names, index, key) for key in keys}
            families = sorted({pair for pairs in said.values() for pair in pairs})
            if families:
                read_as = ", ".join(key for key, pairs in said.items() if pairs)
                is_known = all(family in names.families for family, _where in families)
                found.append(Proposal(row, kept, read_as, tuple(families), is_known))
                break
    return tuple(found)


def _said(names: FamilyNames, index: ListIndex, key: str) -> set[tuple[str, str]]:
    """Return the families of a folded form with where it is said: by our table, and by each entry of a list."""
    own = names.family_of(names.resolve(key))
    said = set() if own in _NO_FAMILY else {(own, "families.csv")}
    for entry in index.of(key):
        said |= {(family, entry.where) for family in _meant(names, entry)}
    return said


def _meant(names: FamilyNames, entry: ListedFamily) -> set[str]:
    """Return the families that an entry's name and spellings are of here; its own name where it is of none."""
    spellings = {name_key(entry.name), *(entry.keys if entry.form == "whole" else ())}
    families = {names.family_of(names.resolve(spelling)) for spelling in spellings}.difference(_NO_FAMILY)
    return families or {entry.name}
