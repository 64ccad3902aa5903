"""``quetsach center letters chain``: how many days published letters needed down the levels; it needs no centre."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from quetsach.campaign.letters.chain import Chain, Link, read_chain, replay
from quetsach.centre.tables import country_table, load_country
from quetsach.cli.output import print_json, print_table, say
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.errors import InputError

_WORDS: Mapping[str, Mapping[str, Any]] = {
    "vi": {
        "first": "Công văn số {number} ngày {day:%d/%m/%Y} của {issuer}",
        "links": ("cấp", "số, ký hiệu", "cơ quan", "ngày", "sau công văn cấp trên (ngày)", "sau công văn đầu (ngày)"),
        "levels": ("cấp", "số công văn", "một nửa trong (ngày)", "lâu nhất (ngày)", "cơ quan lâu nhất"),
    },
    "en": {
        "first": "Letter {number} of {day:%d/%m/%Y} by {issuer}",
        "links": ("level", "number", "agency", "day", "after the letter above (days)", "after the first (days)"),
        "levels": ("level", "letters", "half within (days)", "slowest (days)", "slowest agency"),
    },
}


def published_letters(data: Path | None = None) -> bytes:
    """Return the letters (TOML) that were published about the campaign that the country's demonstration plays.

    Raises:
        InputError: the country has none.
    """
    path = country_table("campaigns", data) / load_country(data).demonstration / "letters.toml"
    if not path.is_file():
        raise InputError("this country has no published letters", hint="name a file of letters")
    return path.read_bytes()


def chain(arguments: argparse.Namespace) -> int:
    """Replay published letters: who passed one on, after how many days."""
    try:
        content = arguments.file.read_bytes() if arguments.file else published_letters()
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(arguments.file)) from error
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
    words, first = _WORDS[language], chain.first
    number = first.document or first.key
    say(words["first"].format(number=number, day=first.day, issuer=first.issuer.in_language(language)))
    print_table(words["links"], [_row(link, language) for link in chain.links], right=(0, 4, 5))
    names = {link.letter.key: link.letter.issuer.in_language(language) for link in chain.links}
    rows = [
        (p.level, p.total, p.half.days if p.half else "–", p.slowest.days if p.slowest else "–", names[p.slowest_unit])
        for p in chain.levels
    ]
    if rows:
        say("")
        print_table(words["levels"], rows, right=(0, 1, 2, 3))


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
            "issuer": {"vi": link.letter.issuer.vi, "en": link.letter.issuer.en},
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
