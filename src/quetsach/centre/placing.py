"""Places a name of malware in a family: what an analyst decides, checked against the table and kept for good."""

from dataclasses import astuple, dataclass
from datetime import UTC, datetime

from quetsach import storage
from quetsach.campaign.section import Section
from quetsach.centre.centre import Centre
from quetsach.centre.tables import placings_path
from quetsach.core.errors import InputError, QuetsachError
from quetsach.core.family import UNKNOWN_FAMILY, UNPLACED_FAMILY, FamilyNames, Placing, name_key
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
    for text in (decided.spelling, decided.reason, decided.name, decided.platform):
        if len(text) > MOST_CHARACTERS or not text.isprintable():
            raise InputError(
                Text("no text that can be kept: {text}", text=repr(text[:40])),
                hint=Text("at most {number} characters", number=MOST_CHARACTERS),
            )
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
