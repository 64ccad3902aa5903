"""``quetsach center families import`` and ``undo``: what lists of others propose, and what is taken back."""

import argparse
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from quetsach import storage
from quetsach.centre.centre import Centre
from quetsach.centre.placing import Decided, Proposal, checked_placing, proposals, taken_back
from quetsach.centre.tables import load_families, load_vendor_words
from quetsach.cli.center.opened import reader
from quetsach.cli.center.publication import publish_and_tell
from quetsach.cli.locations import default_data
from quetsach.cli.output import print_json, print_table, tell
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.errors import InputError
from quetsach.core.family import name_key
from quetsach.core.family_list import MOST_BYTES, FamilyList, read_family_list
from quetsach.core.text import Text, all_in_language, number_text
from quetsach.web.office.feeds.services import spelling_place

_HEADER = (
    Text("name that waits"),
    Text("read as"),
    Text("sightings"),
    Text("addresses"),
    Text("state", context="proposal"),
    Text("family"),
    Text("where the list says so"),
)
_STATES = {
    "proposed": Text("proposed"),
    "placed": Text("placed"),
    "conflict": Text("two families: not placed"),
    "new": Text("no family here yet: not placed"),
}
_REFUSED = (Text("place in the list"), Text("why it is left out"))
_LONGEST_FILE_NAME = 60


def undo(arguments: argparse.Namespace) -> int:
    """Take back what was said of a name."""
    data, language = Path(arguments.data or default_data()), chosen_language(arguments)
    centre = Centre(data)
    who = reader("center families undo").who
    placing = taken_back(centre.families, arguments.spelling, arguments.reason, by=who, now=arguments.now)
    spelling_place(centre=centre, placing=placing, now=arguments.now)
    today = load_families(data)
    family = today.family_of(today.resolve(placing.spelling))
    if arguments.json:
        print_json({"spelling": placing.spelling, "family": family, "at": placing.at, "by": placing.by})
    else:
        tell(
            Text(
                "Took back what was said of “{spelling}”. It now counts as {family}, also what is in the lake already.",
                spelling=placing.spelling,
                family=family,
            ),
            language,
        )
    publish_and_tell(data, language, now=arguments.now)
    return ExitCode.NOTHING_FOUND


def import_list(arguments: argparse.Namespace) -> int:
    """Show what a list proposes for the names that wait, and place what was accepted."""
    data, language = Path(arguments.data or default_data()), chosen_language(arguments)
    file: Path = arguments.file
    content, centre = storage.read_input(file, most_bytes=MOST_BYTES), Centre(data)
    try:
        listed = read_family_list(content, form=arguments.form)
    except InputError as error:
        error.where = f"{file}: {error.where}" if error.where else str(file)
        raise
    waiting = centre.view().unplaced_names().to_pylist() if centre.has_lake else []
    found = proposals(centre.families, waiting, listed.entries, load_vendor_words())
    accepted = _accepted(found, arguments.accept)
    for one in accepted:
        [(family, where), *_more] = one.families
        name = "".join(c for c in file.name if c.isprintable())[-_LONGEST_FILE_NAME:]
        reason = f"{arguments.form}: {name}, {where}, SHA-256 {sha256(content).hexdigest()[:16]}"
        placing = checked_placing(
            centre.families,
            Decided(one.kept, family, reason),
            by=reader("center families import").who,
            now=arguments.now,
        )
        spelling_place(centre=centre, placing=placing, now=arguments.now)
    if arguments.json:
        _print_json(listed, found, accepted)
    else:
        _print(listed, found, accepted, language)
    if accepted:
        publish_and_tell(data, language, now=arguments.now)
    return ExitCode.NOTHING_FOUND


def _accepted(found: Sequence[Proposal], named: Sequence[str] | None) -> list[Proposal]:
    """Return what is to be placed: nothing, all that is proposed, or the proposals that are named."""
    proposed = {one.kept: one for one in found if one.state == "proposed"}
    if not named:
        return [] if named is None else list(proposed.values())
    if lost := [name for name in named if name_key(name) not in proposed]:
        hint = Text("look at the list without --accept; place it yourself: quetsach center families place")
        raise InputError(Text("the list proposes no family for this name"), where=lost[0][:200], hint=hint)
    return [proposed[key] for key in dict.fromkeys(map(name_key, named))]


def _state(one: Proposal, accepted: Sequence[Proposal]) -> str:
    return "placed" if one in accepted else one.state


def _print_json(listed: FamilyList, found: Sequence[Proposal], accepted: Sequence[Proposal]) -> None:
    print_json(
        {
            "entries": len(listed.entries),
            "left_out": [{"where": where, "reason": reason.in_language("en")} for where, reason in listed.refused],
            "names": [
                {
                    **one.row,
                    "read_as": one.read_as,
                    "state": _state(one, accepted),
                    "families": [{"family": family, "where": where} for family, where in one.families],
                }
                for one in found
            ],
        }
    )


def _print(listed: FamilyList, found: Sequence[Proposal], accepted: Sequence[Proposal], language: str) -> None:
    rows = [
        (
            ", ".join(one.row["spellings"] or [one.kept]),
            one.read_as,
            number_text(one.row["sightings"], language),
            number_text(one.row["addresses"], language),
            _STATES[_state(one, accepted)].in_language(language),
            ", ".join(sorted({family for family, _where in one.families})),
            ", ".join(dict.fromkeys(where for _family, where in one.families)),
        )
        for one in found
    ]
    if rows:
        print_table(all_in_language(_HEADER, language), rows, right=(2, 3))
    else:
        tell(Text("The list says nothing about a name that waits."), language)
    if listed.refused:
        print_table(
            all_in_language(_REFUSED, language), [(where, why.in_language(language)) for where, why in listed.refused]
        )
    states = Counter(one.state for one in found)
    tell(
        Text(
            "{entries} entries read, {refused} left out; names that wait: {proposed} proposed, {placed} of them "
            "placed, {conflicts} of two families, {new} of a family that is not known here.",
            entries=len(listed.entries),
            refused=len(listed.refused),
            proposed=states["proposed"],
            placed=len(accepted),
            conflicts=states["conflict"],
            new=states["new"],
        ),
        language,
    )
