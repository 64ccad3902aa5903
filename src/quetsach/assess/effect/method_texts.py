"""What each method of effect is called and what it takes for granted, for reports and for the method note."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from quetsach.assess.effect.finding import Counted, Finding, Method, Scale
from quetsach.assess.effect.panel import Panel, Periods
from quetsach.assess.effect.wedge_effects import Exposure
from quetsach.assess.estimate import Notice
from quetsach.core.language import OWN_LANGUAGE
from quetsach.core.text import NO_TEXT, Joined, LocalText, Number, Text

# What is said of a stepped wedge.

AVERAGED: Final = Text("Averaged over the time since the start")
LATEST: Final = "latest"
"""Identifier of the effect in the later half of the longest times."""
LATE: Final = Text("In the later half of these times alone (the effect may be wearing off)")
WEARS_OFF: Final = Notice(
    "effect-wears-off",
    Text(
        "The effect wears off as time passes since the start, so it is no lasting one: the figure holds for the times "
        "named, and what is left of it later these data do not tell."
    ),
)


def time_name(periods: Periods, first: int, last: int) -> LocalText:
    """Name the times since the start from ``first`` to ``last`` (0 is that of the start)."""
    is_week = periods.first_weekday is not None
    if first == last:
        number = first + 1
        if is_week:
            return Text("Week {number} since the start", number=number)
        return Text("Period {number} since the start", number=number)
    if is_week:
        return Text("Weeks {first} to {last} since the start", first=first + 1, last=last + 1)
    return Text("Periods {first} to {last} since the start", first=first + 1, last=last + 1)


def longest_times(periods: Periods, measured: Mapping[str, float]) -> LocalText:
    """Say which times since the start an effect is of (``since_first`` and ``since_last``, 1 is that of the start)."""
    time = _WEEK if periods.first_weekday is not None else _PERIOD
    first, last = (int(measured[name]) for name in ("since_first", "since_last"))
    span = (
        Text("in the {last} {time}", last=_Nth(last), time=time)
        if first == last
        else Text("from the {first} to the {last} {time}", first=_Nth(first), last=_Nth(last), time=time)
    )
    return Text("{span} since the start, the longest at which others still waited", span=span)


_WEEK, _PERIOD = Text("week"), Text("period")


@dataclass(frozen=True, slots=True)
class _Nth:
    """A number by which things are counted off: 3rd in English, and the number alone where a word stands before it."""

    number: int

    def in_language(self, language: str) -> str:
        if language != OWN_LANGUAGE:
            return str(self.number)
        ending = {1: "st", 2: "nd", 3: "rd"}.get(self.number % 10, "th")
        return f"{self.number}{'th' if self.number % 100 in (11, 12, 13) else ending}"


def notices(panel: Panel, exposure: Exposure, last: int, *, is_fading: bool) -> Iterator[Notice]:
    """Yield what to know beside the effect: that it wears off, and from when on nothing can be told."""
    if is_fading:
        yield WEARS_OFF
    if exposure.observed > last:
        text = Text(
            "From {time} {number} since the start on, no unit is left that has not begun, so there is nothing to "
            "compare with at the same time. The figures of those periods are not used, and the effect then cannot be "
            "told.",
            time=_WEEK if panel.periods.first_weekday is not None else _PERIOD,
            number=last + 2,
        )
        yield Notice("later-times-not-told", text)


BLOCKS_NOT_RECORDED: Final = Notice(
    "blocks-not-recorded",
    Text(
        "The order was drawn within blocks of units of alike size, and the record does not say which units a block "
        "had. So all units are exchanged freely when it is drawn again, and the interval is usually wider than it has "
        "to be."
    ),
)


def lead_text(width: int) -> LocalText:
    """Say what is looked for in the last periods before each start."""
    return Text(
        "Do units differ from the others in the period just before their start (p value; under 0.05 they do: the "
        "order was not random then, or the effect came early)",
        many="Do units differ from the others in the {count} periods just before their start (p value; under 0.05 "
        "they do: the order was not random then, or the effect came early)",
        count=width,
    )


def permutation_text(draws: int) -> LocalText:
    """Say what drawing again tells."""
    return Text(
        "The roll-out order drawn again ({draws} draws): share with an effect as large or larger, if the "
        "campaign did nothing",
        draws=Number(draws),
    )


METHOD_NAMES: Mapping[Method, LocalText] = {
    Method.DID: Text("Difference in differences"),
    Method.SC: Text("Synthetic control"),
    Method.SDID: Text("Synthetic difference in differences"),
    Method.CITS: Text("Comparative interrupted time series"),
    Method.WEDGE: Text("Stepped wedge"),
}
ASSUMPTIONS: Mapping[Method, LocalText] = {
    Method.DID: Text(
        "Assumes that without the campaign both groups would have changed alike. The interval comes from permutation: "
        "the starts are given to other units."
    ),
    Method.SC: Text(
        "Assumes that the controls which together ran like the treated before would have gone on so. The interval "
        "comes from placebos on the controls."
    ),
    Method.SDID: Text(
        "Assumes that the weighted controls would have run parallel to the treated. The interval comes from placebos "
        "on the controls."
    ),
    Method.CITS: Text(
        "Assumes that the gap to the controls would have kept its trend, and that the effect builds up as stated. The "
        "interval comes from placebos on the controls."
    ),
    Method.WEDGE: Text(
        "Assumes that the order was drawn by lot, and that units which have not begun are not touched yet. The "
        "interval comes from drawing that order again."
    ),
}
SCALE_NAMES: Mapping[Scale, LocalText] = {
    Scale.LEVEL: Text("the figures themselves"),
    Scale.LOG: Text("natural logarithms"),
    Scale.COUNT: Text("natural logarithms of counts and a half"),
}
OUTCOME_NAMES: Mapping[str, LocalText] = {
    "machines": Text("machines on line"),
    "addresses": Text("mean daily addresses"),
}
"""What the figures of a panel that the centre counts are."""
_ESTIMANDS: Mapping[Method, LocalText] = {
    Method.DID: Text("in all periods after the start"),
    Method.SC: Text("in all periods after the start"),
    Method.SDID: Text("in all periods after the start"),
    Method.CITS: Text("once the effect is whole"),
}
_STARTS_TOLD: Final = 6


def basis_rows(panel: Panel, found: Finding, outcome: str = "") -> tuple[tuple[LocalText, LocalText], ...]:
    """Return what an effect is of, each fact with its name: figures, scale, units, periods, starts, weights, estimand.

    Args:
        panel: what was analysed.
        found: what was found in it.
        outcome: what its figures count, where the centre counted them itself.
    """
    treated, labels = int(panel.treated.sum()), panel.periods.labels
    starts = [labels[start] for start in panel.cohorts]
    told = ", ".join(starts[:_STARTS_TOLD]) + (", …" if len(starts) > _STARTS_TOLD else "")
    return (
        (Text("Figures"), OUTCOME_NAMES.get(outcome, _AS_HANDED_OVER)),
        (Text("Compared on"), SCALE_NAMES[found.scale]),
        (Text("Treated units"), _same(str(treated))),
        (Text("Never treated"), _same(str(len(panel.units) - treated))),
        (
            Text("Periods"),
            Text("{count}, from {first} to {last}", count=len(labels), first=labels[0], last=labels[-1]),
        ),
        (Text("Starts"), _same(told)),
        *_strata_row(panel, found),
        (Text("Weights"), _weights(found, treated)),
        (Text("Estimated"), _estimand(panel, found, treated)),
    )


def basis_text(panel: Panel, found: Finding, outcome: str = "") -> LocalText:
    """Say the same in one paragraph; the arguments are those of ``basis_rows``."""
    rows = basis_rows(panel, found, outcome)
    return Joined((Joined((name, ": ", value, "."), "") for name, value in rows), " ")


def _strata_row(panel: Panel, found: Finding) -> Iterator[tuple[LocalText, LocalText]]:
    """Yield what the order was drawn within, where drawing it again kept to that."""
    kept = found.method is Method.WEDGE or (found.method is Method.DID and all(panel.strata))
    if panel.strata and kept:
        strata = len({stratum for stratum in panel.strata if stratum})
        yield (
            Text("Drawn"),
            Text("by lot within each stratum (strata: {strata}); drawn again within the same", strata=strata),
        )


_AS_HANDED_OVER = Text("as in the panel that was handed over")


def _same(text: str) -> LocalText:
    return LocalText(text, text)


def _weights(found: Finding, treated: int) -> LocalText:
    """Say how much each unit counts: treated ones in the mean, and controls where the method weighs them."""
    controls = Text("; controls by the weights beside") if found.weights else NO_TEXT
    own = (
        Text("a single treated unit")
        if treated == 1
        else Text("by each unit's mean before the start")
        if found.counted is Counted.SIZE
        else Text("every unit counts the same")
    )
    return Joined((own, controls), "")


def _estimand(panel: Panel, found: Finding, treated: int) -> LocalText:
    after = _ESTIMANDS.get(found.method) or longest_times(panel.periods, found.effect.measured)
    one = panel.units[int(panel.treated.argmax())]
    whose = (
        Text("of the unit {one}", one=one)
        if treated == 1
        else Text("of all treated units together")
        if found.counted is Counted.SIZE
        else Text("of the average unit (no national figure)")
    )
    return Text("the effect {after}, {whose}", after=after, whose=whose)
