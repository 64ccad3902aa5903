"""What a verdict stands on, where an analysis is not the registered one, and all else that stands in its way."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Final

import numpy as np

from quetsach.assess.effect.analysis import COURSE_NOT_TOLD, LEVELS_OF_UNEQUAL, Design
from quetsach.assess.effect.finding import HOLDS_AT_LEAST, Answer, Check, Finding, Method
from quetsach.assess.effect.group_time import BEGINS_EARLY
from quetsach.assess.effect.method_texts import WEARS_OFF
from quetsach.assess.effect.panel import Panel
from quetsach.assess.effect.registration import Registration
from quetsach.assess.effect.wedge_effects import by_region
from quetsach.assess.estimate import EXPLANATIONS, AssessError, Estimate, NotEstimable, NotEstimableReason, Notice
from quetsach.core.period import Period
from quetsach.core.text import LocalText, Number, Text

_NAMED = 5
"""Units that a notice names at most."""
OF_ANOTHER_SIGNER = Notice(
    "registration-of-another",
    Text(
        "This is not the registration that the centre signed and keeps with the campaign: anybody can sign with a key "
        "of their own, and write an earlier day."
    ),
)
APART_AT_LEAST: Final = 6
"""Units of a difference in differences outside the largest group that begins together, and ones that never begin."""
NEEDED: Final[Mapping[Method, tuple[str, ...]]] = {
    Method.DID: ("trends-before", "permutation"),
    Method.SC: ("fit-before", "placebo-effect", "placebo-ratio"),
    Method.SDID: ("fit-before", "placebo-effect", "placebo-ratio"),
    Method.CITS: ("trends-before", "noise-before", "placebo-effect"),
    Method.WEDGE: ("trends-before", "permutation"),
}
"""Checks without which no verdict is given."""


def departures(registration: Registration, *, panel: Panel, design: Design, target: float) -> tuple[Notice, ...]:
    """Return one notice for each difference of method, settings, target, controls or order of roll-out.

    What a panel does not show is compared by ``basis_departures``, by whoever makes the panel.
    """
    made = [
        _departure(name, what, str(registered), str(used))
        for name, what, registered, used in _settings(registration, design, target)
        if registered != used
    ]
    begun, waiting = (registration.order[part] for part in (slice(len(panel.cohorts)), slice(len(panel.cohorts), None)))
    controls = tuple(unit for unit, is_treated in zip(panel.units, panel.treated, strict=True) if not is_treated)
    expected = (*registration.controls, *chain(*waiting))  # steps after the last period are controls in it
    if design.method is not Method.WEDGE and sorted(controls) != sorted(expected):
        made.append(_sets("controls", Text("controls"), expected, controls))
    if registration.order and (strays := _out_of_turn(begun, panel)):
        told = Text(
            "Not as registered: {count} unit did not begin in the step that was drawn ({named}).",
            many="Not as registered: {count} units did not begin in the step that was drawn ({named}).",
            count=Number(len(strays)),
            named=", ".join(strays[:_NAMED]) + (", …" if len(strays) > _NAMED else ""),
        )
        made.append(Notice("departs-in-order", told))
    return tuple(made)


def _out_of_turn(order: tuple[tuple[str, ...], ...], panel: Panel) -> list[str]:
    """Return the units that did not begin in their step, or are on one side only."""
    registered = {unit: number for number, step in enumerate(order) for unit in step}
    steps = {start: number for number, start in enumerate(panel.cohorts)}
    began = {unit: steps[int(start)] for unit, start in zip(panel.units, panel.starts, strict=True) if start in steps}
    return sorted(unit for unit in registered.keys() | began.keys() if registered.get(unit) != began.get(unit))


def basis_departures(
    registration: Registration,
    *,
    before: Period,
    after: Period,
    feeds: Iterable[str],
    families: Mapping[str, float],
    network: str,
) -> tuple[Notice, ...]:
    """Return one notice for each difference of windows, feeds, weighted botnets or address tables."""
    made = [
        _departure(name, what, str(registered), str(used))
        for name, what, registered, used in (
            ("before", Text("the window before"), registration.before, before),
            ("after", Text("the window after"), registration.after, after),
            ("network", Text("the address tables"), registration.network, network),
        )
        if registered != used
    ]
    for name, what, registered, used in (
        ("feeds", Text("feeds"), registration.feeds, tuple(feeds)),
        (
            "families",
            Text("botnets and weights"),
            _weighted(dict(registration.families)),
            _weighted(families),
        ),
    ):
        if sorted(registered) != sorted(used):
            made.append(_sets(name, what, registered, used))
    return tuple(made)


def _weighted(families: Mapping[str, float]) -> tuple[str, ...]:
    return tuple(f"{family} {weight:g}" for family, weight in families.items())


def _settings(
    registration: Registration, design: Design, target: float
) -> tuple[tuple[str, LocalText, object, object], ...]:
    registered = registration.design
    percent = (f"{100 * registration.target:g} %", f"{100 * target:g} %")
    return (
        ("method", Text("the method"), registered.method, design.method),
        ("scale", Text("the scale"), registered.scale or "–", design.scale or "–"),
        ("ramp", Text("the ramp"), registered.ramp or "–", design.ramp or "–"),
        (
            "exposure",
            Text("the times since the start"),
            registered.dummies,
            design.dummies,
        ),
        (
            "covariates",
            Text("the covariates"),
            ", ".join(registered.covariates) or "–",
            ", ".join(design.covariates) or "–",
        ),
        (
            "spill-over",
            Text("the share that may reach the controls"),
            _share(registered.spill_over),
            _share(min(registered.spill_over, design.spill_over)),  # more than registered only widens the interval
        ),
        ("counted", Text("how much units count"), registered.counted, design.counted),
        ("seed", Text("the seed"), registered.seed, design.seed),
        ("target", Text("the target"), *percent),
    )


def _share(share: float) -> str:
    return f"{100 * share:g} %"


def _sets(name: str, what: LocalText, registered: tuple[str, ...], used: tuple[str, ...]) -> Notice:
    gone, new = sorted(set(registered) - set(used)), sorted(set(used) - set(registered))
    return _departure(name, what, _signed("−", gone), _signed("+", new))


def _signed(sign: str, names: list[str]) -> str:
    more = [] if len(names) <= _NAMED else ["…"]
    return ", ".join([sign + name for name in names[:_NAMED]] + more) or "–"


def _departure(name: str, what: LocalText, registered: str, used: str) -> Notice:
    return Notice(
        f"departs-in-{name}",
        Text(
            "Not as registered: {what} (registered: {registered}; used: {used}).",
            what=what,
            registered=registered,
            used=used,
        ),
    )


@dataclass(frozen=True, slots=True)
class PanelOrigin:
    """How a panel was made from the lake: for which registration, by which rule, of what.

    ``sha256`` (hex) is of its file; ``departed`` says where its source is not the registered one.
    """

    registration: str
    outcome: str
    rule: str
    sha256: str
    departed: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class Grounds:
    """An analysis with what it was registered as; ``target`` is the share that it is judged on.

    ``registration`` is None where nothing was registered, ``origin`` where the centre did not make the panel itself.
    """

    answer: Answer
    panel: Panel
    design: Design
    target: float
    registration: Registration | None
    origin: PanelOrigin | None

    def obstacles(self) -> tuple[Notice, ...]:
        """Return every reason why there is no verdict; none where it stands."""
        if isinstance(self.answer, NotEstimable):
            return (_refused(self.answer.reason),)
        ratio = () if self.answer.judged else (_refused(NotEstimableReason.NO_RATIO),)
        design = _of_design(self.panel, self.answer)
        return (*self._of_registration(), *ratio, *design, *_of_checks(self.answer))

    @property
    def finding(self) -> Finding:
        """The answer that a verdict stands on.

        Raises:
            AssessError: the analysis gave none.
        """
        if isinstance(self.answer, NotEstimable):
            raise AssessError(Text("the analysis gave no number"), hint=self.answer.text.en)
        return self.answer

    @property
    def reduction(self) -> Estimate:
        """The reduction as a share, by every account that the time before the start does not exclude.

        Raises:
            AssessError: there is none.
        """
        if (reduction := self.finding.judged) is None:
            raise AssessError(Text("the analysis gave no reduction"), hint=EXPLANATIONS[NotEstimableReason.NO_RATIO].en)
        return reduction

    def departures(self) -> tuple[Notice, ...]:
        """Return where the analysis or its panel is not as registered; nothing where nothing was registered."""
        if self.registration is None:
            return ()
        differing = departures(self.registration, panel=self.panel, design=self.design, target=self.target)
        return (*(self.origin.departed if self.origin else ()), *differing)

    def _of_registration(self) -> Iterator[Notice]:
        registration, origin = self.registration, self.origin
        if registration is None:
            yield UNREGISTERED
            return
        if departed := self.departures():
            yield _refused(NotEstimableReason.NOT_AS_REGISTERED)
            yield from departed
        plan = registration.panel
        if plan is None:
            yield _NO_PLAN
        elif origin is None:
            yield _UNKNOWN_ORIGIN
        else:
            planned = (registration.digest, plan.rule, plan.outcome, self.panel.sha256 or None)
            if (origin.registration, origin.rule, origin.outcome, origin.sha256) != planned:
                yield _ANOTHER_PANEL


def _of_design(panel: Panel, found: Finding) -> Iterator[Notice]:
    """Say where the panel is of a kind for which the interval is known to be wrong, or the effect does not last."""
    yield from (notice for notice in found.notices if notice.code in _OBSTACLES)
    if found.method is Method.DID:
        panel = by_region(panel)
        never = int((~panel.treated).sum())
        apart = len(panel.units) - int(np.unique(panel.starts, return_counts=True)[1].max())
        if min(apart, never) < APART_AT_LEAST:
            yield _few_apart(min(apart, never or apart))


def _of_checks(found: Finding) -> Iterator[Notice]:
    """Say which checks were not made, could not fail, do not hold, or contradict the interval."""
    made = {check.id: check for check in found.checks}
    is_claimed = not found.effect.low <= 0 <= found.effect.high
    for name in NEEDED[found.method]:
        check = made.get(name)
        if check is None:
            yield _not_made(name)
        elif check.least is None and not is_claimed:
            continue
        elif not check.is_told:
            yield _few_draws(check)
        elif not check.holds:
            yield _failed(check)
        elif check.least is None and check.value > HOLDS_AT_LEAST:
            yield _contradicts(check)
    yield from (_failed(check) for name, check in made.items() if name not in NEEDED[found.method] and not check.holds)


_OBSTACLES: Final = frozenset({LEVELS_OF_UNEQUAL.code, COURSE_NOT_TOLD.code, WEARS_OFF.code, BEGINS_EARLY})
"""Notices beside the number that stand in the way of a verdict."""
UNREGISTERED = Notice(
    "not-registered",
    Text("The analysis was not registered before the start."),
)
_NO_PLAN = Notice(
    "registration-names-no-panel",
    Text("The registration does not say which panel is judged, and on which target."),
)
_UNKNOWN_ORIGIN = Notice(
    "panel-of-unknown-origin",
    Text("The panel was handed over, and nothing shows that it is the registered one."),
)
_ANOTHER_PANEL = Notice(
    "another-panel",
    Text(
        "The panel is not the registered one, which the centre counts from its own data by the rule that was written "
        "down."
    ),
)
_CHECK_NAMES: Final[Mapping[str, LocalText]] = {
    "trends-before": Text("the trends before the start"),
    "permutation": Text("the permutation"),
    "placebo-effect": Text("the placebos by effect"),
    "placebo-ratio": Text("the placebos by gap"),
    "fit-before": Text("the fit before the start"),
    "negative-control": Text("the negative control"),
    "noise-before": Text("the noise before the start"),
}


def _refused(reason: NotEstimableReason) -> Notice:
    return Notice(reason.value, EXPLANATIONS[reason])


def _few_apart(units: int) -> Notice:
    return Notice(
        "few-units-apart",
        Text(
            "Only {units} to compare with ({apart_at_least} needed): the interval is narrower than the truth.",
            units=units,
            apart_at_least=APART_AT_LEAST,
        ),
    )


def _not_made(name: str) -> Notice:
    named = _CHECK_NAMES[name]
    return Notice(
        f"check-not-made-{name}",
        Text("With this panel there is no check of {named}.", named=named),
    )


def _few_draws(check: Check) -> Notice:
    named, draws, needed = _CHECK_NAMES[check.id], check.draws, check.draws_needed
    return Notice(
        f"check-of-few-{check.id}",
        Text(
            "There are too few controls for the check of {named}: they give {draws} comparisons, and "
            "{needed} are needed to tell it from chance.",
            named=named,
            draws=draws,
            needed=needed,
        ),
    )


def _failed(check: Check) -> Notice:
    named, value = _CHECK_NAMES[check.id], _values(check)
    return Notice(
        f"check-failed-{check.id}",
        Text(
            "The check of {named} failed ({value}): the assumption of the method does not hold.",
            named=named,
            value=value,
        ),
    )


def _contradicts(check: Check) -> Notice:
    named, value = _CHECK_NAMES[check.id], _values(check)
    return Notice(
        f"check-contradicts-{check.id}",
        Text(
            "The interval says that there is an effect, and {named} that chance alone gives as much too "
            "often ({value}).",
            named=named,
            value=value,
        ),
    )


def _values(check: Check) -> Number:
    return Number(check.value, decimals=3)
