"""``quetsach center letters chain`` and ``verify``: what the files of letters say; they need no centre."""

import argparse
import dataclasses
from pathlib import Path
from typing import Any

from quetsach import storage
from quetsach.campaign.letters.letter import Chain, Link, read_chain, replay
from quetsach.centre.tables import country_table, load_country
from quetsach.cli.locations import default_data
from quetsach.cli.output import print_json, print_table, say, tell
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.errors import InputError
from quetsach.core.text import Text, all_in_language, both
from quetsach.web.office.letters.document.verification import is_signed_letter, verify

_LINKS = (
    Text("level"),
    Text("number", context="letter"),
    Text("agency"),
    Text("day"),
    Text("after the letter above (days)"),
    Text("after the first (days)"),
)
_LEVELS = (Text("level"), Text("letters"), Text("half within (days)"), Text("slowest (days)"), Text("slowest agency"))
_SIGNATURES = (
    Text("signature"),
    Text("signer"),
    Text("time"),
    Text("intact"),
    Text("trusted"),
    Text("nothing added after"),
    Text("time stamp"),
)


def published_letters(data: Path | None = None) -> bytes:
    """Return the letters (TOML) that were published about the campaign that the country's demonstration plays.

    Raises:
        InputError: the country has none.
    """
    path = country_table("campaigns", data) / load_country(data).demonstration / "letters.toml"
    if not path.is_file():
        raise InputError(
            Text("this country has no published letters"), where=str(path), hint=Text("name a file of letters")
        )
    return storage.read_input(path)


def chain(arguments: argparse.Namespace) -> int:
    """Replay published letters: who passed one on, after how many days."""
    content = (
        storage.read_input(arguments.file) if arguments.file else published_letters(arguments.data or default_data())
    )
    chains = replay(read_chain(content, file=arguments.file.name if arguments.file else "letters.toml"))
    if arguments.json:
        print_json([_as_json(chain) for chain in chains])
        return ExitCode.NOTHING_FOUND
    language = chosen_language(arguments)
    for number, chain in enumerate(chains):
        if number:
            say("")
        _tell(chain, language)
    return ExitCode.NOTHING_FOUND


def _tell(chain: Chain, language: str) -> None:
    first = chain.first
    number = first.document or first.key
    tell(
        Text("Letter {number} of {day} by {issuer}", number=number, day=f"{first.day:%d/%m/%Y}", issuer=first.issuer),
        language,
    )
    print_table(all_in_language(_LINKS, language), [_row(link, language) for link in chain.links], right=(0, 4, 5))
    names = {link.letter.key: link.letter.issuer.in_language(language) for link in chain.links}
    rows = [
        (p.level, p.total, p.half.days if p.half else "–", p.slowest.days if p.slowest else "–", names[p.slowest_unit])
        for p in chain.levels
    ]
    if rows:
        say("")
        print_table(all_in_language(_LEVELS, language), rows, right=(0, 1, 2, 3))


def _row(link: Link, language: str) -> tuple[object, ...]:
    letter = link.letter
    return (
        letter.level,
        letter.document or "–",
        letter.issuer.in_language(language),
        f"{letter.day:%d/%m/%Y}",
        link.days_after_above if letter.above else "–",
        link.days_after_first if letter.above else "–",
    )


def _as_json(chain: Chain) -> dict[str, Any]:
    letters = [
        {
            "level": link.letter.level,
            "key": link.letter.key,
            "above": link.letter.above or None,
            "number": link.letter.document or None,
            "issuer": both(link.letter.issuer),
            "day": link.letter.day.isoformat(),
            "days_after_above": link.days_after_above if link.letter.above else None,
            "days_after_first": link.days_after_first if link.letter.above else None,
            "source": link.letter.source,
        }
        for link in chain.links
    ]
    levels = [
        {
            "level": p.level,
            "letters": p.total,
            "half_within_days": p.half.days if p.half else None,
            "slowest_days": p.slowest.days if p.slowest else None,
            "slowest": p.slowest_unit,
        }
        for p in chain.levels
    ]
    return {"letters": letters, "levels": levels}


_MOST_BYTES = 20 << 20


def check_letter(arguments: argparse.Namespace) -> int:
    """Verify that a file is a letter with both its signatures, unchanged."""
    states = verify(
        storage.read_input(arguments.file, most_bytes=_MOST_BYTES),
        [storage.read_input(root) for root in arguments.root],
    )
    is_good = is_signed_letter(states)
    language = chosen_language(arguments)
    if arguments.json:
        print_json({"is_signed_letter": is_good, "signatures": [dataclasses.asdict(state) for state in states]})
    else:
        rows = []
        for state in states:
            marks = (state.is_intact, state.is_trusted, state.is_last_word, state.is_time_proven)
            at = state.signed_at.isoformat(sep=" ") if state.signed_at else "–"
            rows.append(
                (
                    state.field,
                    state.signer,
                    at,
                    *((Text("yes") if mark else Text("NO")).in_language(language) for mark in marks),
                )
            )
        if rows:
            print_table(all_in_language(_SIGNATURES, language), rows)
        tell(
            Text("Both signatures of the letter are there and good; nothing was changed.")
            if is_good
            else Text("This is NOT a letter with both its signatures good."),
            language,
        )
    return ExitCode.NOTHING_FOUND if is_good else ExitCode.USAGE
