"""``quetsach center assess priority``: the ten botnets, chosen by stated criteria."""

import argparse

from quetsach.assess.priority import Choice
from quetsach.centre.centre import Centre
from quetsach.centre.priority import choose_botnets, load_criteria
from quetsach.cli.center.assess.windows import asked_period, newest_period, print_csv, print_wrapped
from quetsach.cli.locations import default_data
from quetsach.cli.output import print_json, print_table
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.errors import InputError
from quetsach.core.family import FamilyNames
from quetsach.core.number import number_text

_DAYS = 28


def run(arguments: argparse.Namespace) -> int:
    """Propose the botnets to take on."""
    if arguments.seed < 0:
        raise InputError("a seed is 0 or more")
    criteria = load_criteria(arguments.criteria)
    centre = Centre(arguments.data or default_data())
    with centre.view() as view:
        period = asked_period(arguments) or newest_period(view, _DAYS)
        found = choose_botnets(view, period, criteria=criteria, seed=arguments.seed)
    if found is None:
        raise InputError(f"no family was seen from {period}", hint="quetsach center ingest FILE --feed NAME")
    choice = found.choice
    language = chosen_language(arguments)
    if arguments.json:
        window = {"first": str(period.first), "last": str(period.last)}
        print_json({"lake": view.state, "seed": arguments.seed, **window, **choice.as_json()})
    elif arguments.csv:
        _print_csv(choice)
    else:
        _show(choice, centre.families, language)
    return ExitCode.NOTHING_FOUND


def _show(choice: Choice, names: FamilyNames, language: str) -> None:
    vi = language == "vi"
    used = [c for c in choice.criteria.criteria if c not in choice.left_out]
    rows = [
        (
            "✓" if c.is_chosen else "",
            names.families[c.family].name if c.family in names.families else c.family,
            number_text(c.score, language, decimals=2),
            *("–" if (s := c.scores[u.id]) is None else number_text(s, language, decimals=2) for u in used),
            f"{number_text(100 * c.acceptability, language)}{'%' if vi else ' %'}",
            c.standing.text.in_language(language),
        )
        for c in choice.candidates
    ]
    header = ("", "họ mã độc", "điểm") if vi else ("", "family", "score")
    tail = ("vào nhóm đầu", "mức chắc chắn") if vi else ("among the first", "standing")
    heading = (*header, *(u.name.in_language(language).lower() for u in used), *tail)
    print_table(heading, rows, right=range(2, len(heading) - 1))
    for c in choice.chosen:
        print_wrapped(f"{c.family}: {choice.reason(c, language)}.")
    for criterion in used:
        share = number_text(100 * criterion.weight, language)
        weight = f"trọng số {share}%" if vi else f"weight {share} %"
        print_wrapped(f"{criterion.name.in_language(language)} ({weight}): {criterion.text.in_language(language)}")
    if choice.left_out:
        left = ", ".join(c.name.in_language(language).lower() for c in choice.left_out)
        print_wrapped(
            f"Chưa đo được nên không tính: {left}. Trọng số của tiêu chí đó chia cho các tiêu chí còn lại."
            if vi
            else f"Not measured and left out: {left}. The others share its weight."
        )


def _print_csv(choice: Choice) -> None:
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
