"""``quetsach center assess botnets``, ``isps``, ``places``, ``sectors``, ``priority``: who has most."""

import argparse

from quetsach.assess import Definition, Ranking
from quetsach.assess.priority import Choice
from quetsach.centre import answers
from quetsach.centre.priority import choose_botnets, load_criteria
from quetsach.cli.center.assess.windows import (
    asked_period,
    newest_period,
    percent,
    print_csv,
    print_wrapped,
    show_basis,
    show_coverage,
    show_definitions,
    tell_wrapped,
)
from quetsach.cli.center.opened import centre_with_lake
from quetsach.cli.output import print_json, print_table
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.errors import InputError
from quetsach.core.family import FamilyNames
from quetsach.core.text import NO_TEXT, Text, all_in_language, number_text

_HEADINGS = {
    "botnets": Text("family"),
    "isps": Text("provider"),
    "places": Text("province"),
    "sectors": Text("sector"),
}
_CHOICE = (NO_TEXT, Text("family"), Text("score"))
_STANDING = (Text("among the first"), Text("standing", context="botnet"))
_DEFAULT_DAYS = 30


def rank(arguments: argparse.Namespace) -> int:
    """Rank families, providers, places or sectors by mean daily addresses."""
    centre = centre_with_lake(arguments)
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
        _HEADINGS[question].in_language(language),
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
    whole = Text("Whole country").in_language(language)
    print(f"\n{whole}: {ranking.total.text(language)} ({ranking.total.definition.name.in_language(language)})")
    show_basis(ranking.basis, language)
    show_coverage(ranking.basis, language)
    show_definitions(ranking.columns, language)


def _heading(definition: Definition, language: str) -> str:
    name, unit = definition.name.in_language(language), definition.unit.in_language(language)
    return f"{name} ({unit})" if unit in {"%", "‰"} else name


def _cells(ranking: Ranking, language: str) -> list[tuple[object, ...]]:
    return [
        (row.rank, row.id, row.name.in_language(language), *(f.value if f else None for f in row.figures))
        for row in ranking.rows
    ]


_DAYS = 28


def choose(arguments: argparse.Namespace) -> int:
    """Propose the botnets to take on."""
    if arguments.seed < 0:
        raise InputError(Text("a seed is 0 or more"))
    criteria = load_criteria(arguments.criteria)
    centre = centre_with_lake(arguments)
    with centre.view() as view:
        period = asked_period(arguments) or newest_period(view, _DAYS)
        found = choose_botnets(view, period, criteria=criteria, seed=arguments.seed)
    if found is None:
        raise InputError(
            Text("no family was seen from {period}", period=str(period)), hint="quetsach center ingest FILE --feed NAME"
        )
    choice = found.choice
    language = chosen_language(arguments)
    if arguments.json:
        window = {"first": str(period.first), "last": str(period.last)}
        print_json({"lake": view.state, "seed": arguments.seed, **window, **choice.as_json()})
    elif arguments.csv:
        _choice_csv(choice)
    else:
        _show_choice(choice, centre.families, language)
    return ExitCode.NOTHING_FOUND


def _show_choice(choice: Choice, names: FamilyNames, language: str) -> None:
    used = [c for c in choice.criteria.criteria if c not in choice.left_out]
    rows = [
        (
            "✓" if c.is_chosen else "",
            names.families[c.family].name if c.family in names.families else c.family,
            number_text(c.score, language, decimals=2),
            *("–" if (s := c.scores[u.id]) is None else number_text(s, language, decimals=2) for u in used),
            percent(c.acceptability).in_language(language),
            c.standing.text.in_language(language),
        )
        for c in choice.candidates
    ]
    names_used = (u.name.in_language(language).lower() for u in used)
    heading = (*all_in_language(_CHOICE, language), *names_used, *all_in_language(_STANDING, language))
    print_table(heading, rows, right=range(2, len(heading) - 1))
    for c in choice.chosen:
        print_wrapped(f"{c.family}: {choice.reason(c).in_language(language)}.")
    for criterion in used:
        told = Text(
            "{name} (weight {weight}): {text}",
            name=criterion.name,
            weight=percent(criterion.weight),
            text=criterion.text,
        )
        tell_wrapped(told, language)
    if choice.left_out:
        left = ", ".join(c.name.in_language(language).lower() for c in choice.left_out)
        tell_wrapped(Text("Not measured and left out: {left}. The others share its weight.", left=left), language)


def _choice_csv(choice: Choice) -> None:
    names = [c.id for c in choice.criteria.criteria]
    rows = [
        (
            c.family,
            int(c.is_chosen),
            round(c.score, 4),
            c.standing.value,
            round(c.acceptability, 4),
            *(None if (s := c.scores.get(name)) is None else round(s, 4) for name in names),
        )
        for c in choice.candidates
    ]
    print_csv(("family", "chosen", "score", "standing", "acceptability", *names), rows)
