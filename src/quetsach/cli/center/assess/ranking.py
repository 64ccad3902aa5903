"""``quetsach center assess botnets``, ``isps``, ``places`` and ``sectors``: who has most of the addresses."""

import argparse

from quetsach.assess import Definition, Ranking
from quetsach.centre import answers
from quetsach.centre.centre import Centre
from quetsach.cli.center.assess.windows import asked_period, newest_period, print_csv, show_basis, show_definitions
from quetsach.cli.locations import default_data
from quetsach.cli.output import print_json, print_table
from quetsach.cli.parser import ExitCode, chosen_language

_HEADINGS = {
    "botnets": "họ mã độc / family",
    "isps": "nhà mạng / provider",
    "places": "tỉnh, thành phố / province",
    "sectors": "lĩnh vực / sector",
}
_DEFAULT_DAYS = 30


def rank(arguments: argparse.Namespace) -> int:
    """Rank families, providers, places or sectors by mean daily addresses."""
    centre = Centre(arguments.data or default_data())
    with centre.view() as view:
        period = asked_period(arguments) or newest_period(view, _DEFAULT_DAYS)
        if arguments.question == "botnets":
            ranking = answers.families(view, period, centre.families)
        elif arguments.question == "isps":
            ranking = answers.isps(view, period, centre.network)
        elif arguments.question == "sectors":
            ranking = answers.sectors(view, period)
        else:
            ranking = answers.places(view, period, centre.places)
    language = chosen_language(arguments)
    if arguments.json:
        print_json({"lake": view.state, **ranking.as_json()})
    elif arguments.csv:
        print_csv(("rank", "id", "name", *(c.id for c in ranking.columns)), _cells(ranking, language))
    else:
        _show_ranking(ranking, arguments.question, language)
    return ExitCode.NOTHING_FOUND


def _show_ranking(ranking: Ranking, question: str, language: str) -> None:
    header = [
        "#",
        _HEADINGS[question].split(" / ")[language == "en"],
        *(_heading(c, language) for c in ranking.columns),
    ]
    rows = [
        (
            "–" if row.rank is None else row.rank,
            row.name.in_language(language),
            *(figure.text(language) if figure else "–" for figure in row.figures),
        )
        for row in ranking.rows
    ]
    print_table(header, rows, right=(0, *range(2, len(header))))
    whole = "Cả nước" if language == "vi" else "Whole country"
    print(f"\n{whole}: {ranking.total.text(language)} ({ranking.total.definition.name.in_language(language)})")
    show_basis(ranking.basis, language)
    show_definitions(ranking.columns, language)


def _heading(definition: Definition, language: str) -> str:
    name, unit = definition.name.in_language(language), definition.unit.in_language(language)
    return f"{name} ({unit})" if unit in {"%", "‰"} else name


def _cells(ranking: Ranking, language: str) -> list[tuple[object, ...]]:
    return [
        (row.rank, row.id, row.name.in_language(language), *(f.value if f else None for f in row.figures))
        for row in ranking.rows
    ]
