"""How many machines: three measures of the same change, which agree or say that the instrument changed."""

import math

from quetsach.assess.estimate import Answer, Estimate
from quetsach.assess.figure import change_of, days_of
from quetsach.assess.hosts.calibration import ASSUMED
from quetsach.assess.hosts.comparison import Comparison, Covered, Gone
from quetsach.assess.hosts.doubts import may_be_named, small_families
from quetsach.assess.not_estimable import NotEstimable
from quetsach.centre.evaluation.inputs import Inputs
from quetsach.core.text import LocalText, Number, Text
from quetsach.web.evaluation.chapters.words import HIGH, LOW, refused, why_not
from quetsach.web.evaluation.document import (
    Cell,
    Chapter,
    Column,
    Content,
    Form,
    Gap,
    Paragraph,
    Statement,
    Table,
    Tone,
)

_TITLE = Text("Machines and infections")
_NONE = Text("There are no two windows with data to compare machines in.")
_WHAT = Text(
    "An address is not a machine. Infections on line are estimated from how long each address was there, over those "
    "feeds and families alone that both windows have in the same way. Where families are added up, a machine with two "
    "of them is two infections."
)
_COLUMNS = (
    Column("measure", Text("Measure")),
    Column("before", Text("Baseline"), Form.NUMBER),
    Column("after", Text("Last window"), Form.NUMBER),
    Column("reduction", Text("Reduction"), Form.PERCENT, 1, "observed-reduction"),
    Column("reduction_low", LOW, Form.PERCENT, 1),
    Column("reduction_high", HIGH, Form.PERCENT, 1),
    Column("why_not", Text("Why there is none")),
)


_BAND = Text(
    "The interval has the uncertainty of both windows, taken in opposite directions. One method mostly errs the same "
    "way in both, so that the interval is wider than the true error. Addresses are counted and have none."
)
_CALIBRATED = Text(
    "What each window may be off by is calibrated on machines with bot IDs, in the networks where the malware sends "
    "them."
)
_GONE = Text("Gone: cleaned, or no longer seen")
_GONE_COLUMNS = (
    Column("family", Text("Family")),
    Column("machines", Text("Machines in the baseline window"), Form.NUMBER),
    Column("daily_addresses", Text("Daily addresses"), Form.NUMBER),
)


def machines(inputs: Inputs) -> Chapter:
    """Return the chapter."""
    found = inputs.machines
    if found is None:
        return Chapter("machines", _TITLE, (Gap(_TITLE, _NONE),))
    blocks: list[Content] = [*_measures(found)]
    if isinstance(found.machines, Estimate):
        blocks += [Paragraph(_covered(found.covered)), Paragraph(_BAND), Paragraph(_stands_on(found))]
        blocks.append(Paragraph(found.could_go_unseen))
    blocks += _gone(inputs, found) if found.gone else []
    if inputs.same_holiday:
        blocks.append(_at_the_same_holiday(inputs.same_holiday))
    told = {notice.text for notice in inputs.targets.notices} if inputs.targets else set()
    blocks += [
        Statement(Tone.CAUTION, Text("Caution"), notice.text) for notice in found.notices if notice.text not in told
    ]
    return Chapter("machines", _TITLE, tuple(blocks))


def _measures(found: Comparison) -> list[Content]:
    """Return the table; where nothing can be measured, why."""
    answers = (found.machines, found.by_events, found.by_addresses)
    refusals = [answer for answer in answers if isinstance(answer, NotEstimable)]
    if len(refusals) == len(answers):
        return [refused(_TITLE, *refusals)]
    one = found.covered.families == 1
    rows = (
        _row(
            Text("Machines on line") if one else Text("Infections on line"),
            found.machines,
        ),
        _row(
            Text("Machines told from events") if one else Text("Infections told from events"),
            found.by_events,
        ),
        _row(Text("Daily addresses"), found.by_addresses),
    )
    return [Paragraph(_WHAT), Table("machines", _TITLE, _COLUMNS, rows)]


def _row(name: LocalText, answer: Answer) -> tuple[Cell, ...]:
    if isinstance(answer, NotEstimable):
        return (name, None, None, None, None, None, why_not(answer))
    ends = (answer.low, answer.high) if answer.low < answer.high else (None, None)
    return (name, answer.measured.get("before"), answer.measured.get("after"), answer.value, *ends, None)


def _gone(inputs: Inputs, found: Comparison) -> list[Content]:
    """Return the families that are no longer seen, those too small to be named in one row, and the total with them."""
    names = inputs.gone_names
    shown = [g for g in found.gone if g.watch.family in names and may_be_named(g.daily_addresses)]
    rows: list[tuple[Cell, ...]] = [
        (names[g.watch.family], _machines_of(g), g.daily_addresses)
        for g in sorted(shown, key=lambda g: -g.daily_addresses)
    ]
    if small := len(found.gone) - len(shown):
        rows.append((small_families(small), None, None))
    made: list[Content] = [Table("gone", _GONE, _GONE_COLUMNS, tuple(rows))]
    if isinstance(found.if_gone_are_clean, Estimate) and shown:
        told = found.if_gone_are_clean.percent_text()
        made.append(
            Paragraph(
                Text("If every machine with these families was cleaned, the total reduction is {told}.", told=told)
            )
        )
    return made


def _at_the_same_holiday(found: Comparison) -> Content:
    """Say what the window with a holiday is against the same holiday of another year."""
    title = Text("Against the same holiday of another year")
    if isinstance(found.machines, NotEstimable):
        return refused(title, found.machines)
    ends = (found.machines.low, found.machines.high)
    if found.machines.value < 0:
        ends = (-ends[1], -ends[0])
    low, high = (Number(end, decimals=1) for end in ends)
    text = Text(
        "Two windows with the same holiday, {before} and {after}: infections on line {change} ({low} % to {high} %).",
        before=days_of(found.before),
        after=days_of(found.after),
        change=change_of(-found.machines.value),
        low=low,
        high=high,
    )
    return Statement(Tone.FACT, title, text)


def _machines_of(gone: Gone) -> float | None:
    machines = gone.machines
    return machines.value if isinstance(machines, Estimate) and may_be_named(machines.value) else None


def _stands_on(found: Comparison) -> LocalText:
    """Say of how many families the errors are calibrated, and of how many they are assumed."""
    calibrated, of = len(found.calibrated_families), len({watch.family for watch in found.panel})
    if not calibrated:
        return ASSUMED
    if calibrated == of:
        return _CALIBRATED
    return Text(
        "For {calibrated} of {of} families, what each window may be off by is calibrated on machines "
        "with bot IDs, in the networks where the malware sends them. {assumed}",
        calibrated=calibrated,
        of=of,
        assumed=ASSUMED,
    )


def _covered(covered: Covered) -> LocalText:
    percent = math.floor(covered.percent)
    return Text(
        "The total is of {families} of the {of} families of the baseline window, which had at least "
        "{percent} % of its infections.",
        families=covered.families,
        of=covered.of,
        percent=percent,
    )
