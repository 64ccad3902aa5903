"""Where an analysis is not the one that was registered."""

from collections.abc import Iterable, Mapping
from itertools import chain

from quetsach.assess.effect.analysis import Design
from quetsach.assess.effect.finding import Method
from quetsach.assess.effect.panel import Panel
from quetsach.assess.effect.registration import Registration
from quetsach.assess.estimate import Notice
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
