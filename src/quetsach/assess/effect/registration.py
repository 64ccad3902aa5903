"""The analysis that is signed before a campaign begins: nobody chooses the method after seeing the result."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from itertools import chain
from typing import Any, Final

from quetsach.assess.effect.analysis import Design
from quetsach.assess.effect.cits import CONTROLS_TO_CLAIM, CONTROLS_TO_JUDGE
from quetsach.assess.effect.finding import Counted, Method, Scale
from quetsach.assess.estimate import AssessError
from quetsach.assess.sealed import Sign, Verify, canonical, digest_of, opened, sealed
from quetsach.core.period import Period, parse_day
from quetsach.core.text import Text

# What a plan could find, as it was known before the start: the part of a registration that says so.

ENOUGH: Final = 0.8
"""Power under which a plan is called too weak."""


class NoiseSource(StrEnum):
    """Where the noise of a plan comes from."""

    PANEL = "panel"
    STATED = "stated"


@dataclass(frozen=True, slots=True)
class Power:
    """What a plan can find.

    ``power`` is the chance (share of ``draws``) that an effect as large as ``target`` (a share) is told from none and a
    verdict can rest on it. ``detectable`` is the smallest reduction (share) that is found so with a chance of 80 and of
    90 %, None where none is. ``always`` are the codes of what stands in the way of a verdict in every draw: it lies in
    the plan. ``noise`` and ``correlation`` are what was simulated, ``source`` says where they come from.
    """

    target: float
    power: float
    detectable: Mapping[int, float | None]
    noise: float
    correlation: float
    source: NoiseSource
    draws: int
    always: tuple[str, ...] = ()

    @property
    def is_weak(self) -> bool:
        """Whether the plan would miss its target too often."""
        return self.power < ENOUGH

    @property
    def achieved_from(self) -> float | None:
        """The true reduction from which on "achieved" is said with a chance of 80 %: the target alone never is."""
        least = self.detectable[80]
        return None if least is None else 1 - (1 - self.target) * (1 - least)

    def content(self) -> dict[str, object]:
        """Return what is signed."""
        return {
            "target": self.target,
            "power": self.power,
            "detectable_80": self.detectable[80],
            "detectable_90": self.detectable[90],
            "noise": self.noise,
            "correlation": self.correlation,
            "source": self.source.value,
            "draws": self.draws,
            "always": list(self.always),
        }


def read_power(content: Mapping[str, Any]) -> Power:
    """Return what ``content`` gave."""
    found = {percent: content[f"detectable_{percent}"] for percent in (80, 90)}
    return Power(
        float(content["target"]),
        float(content["power"]),
        {percent: None if share is None else float(share) for percent, share in found.items()},
        float(content["noise"]),
        float(content["correlation"]),
        NoiseSource(content["source"]),
        int(content["draws"]),
        tuple(map(str, content["always"])),
    )


MACHINES: Final = "machines"
"""Outcome of a panel: machines on line."""
LAKE_WEEKS: Final = "lake-weeks-1"
"""The rule by which ``assess panel`` counts provinces week by week. A rule that counts differently has another name."""
FORM: Final = 2
"""Of what is signed. The first did not say how much units count, what reaches the controls, and covariates."""


@dataclass(frozen=True, slots=True)
class PanelPlan:
    """Which panel will be judged, and on what: ``target`` is the identifier of a target of the campaign.

    ``outcome`` is what its figures count, ``rule`` by which rule they are counted from the lake: a panel made by anyone
    else, or by another rule, is another panel, whatever its units are called.
    """

    target: str
    outcome: str = MACHINES
    rule: str = LAKE_WEEKS

    def content(self) -> dict[str, str]:
        """Return what is signed."""
        return {"target": self.target, "outcome": self.outcome, "rule": self.rule}


@dataclass(frozen=True, slots=True)
class Registration:
    """What will be compared, with what, and how.

    ``target`` is a share. ``panel`` says what the figures are; registrations made before that was recorded have None,
    and no verdict can rest on them. ``feeds`` are ``feed/report``, ``families`` the botnets counted with their weights:
    the constant panel. ``network`` is the version of the address tables, their digest in it. ``order`` are the units by
    the step in which they begin, empty where all begin together; ``roll_out`` is the digest of the draw. ``power`` is
    what the plan could find, as known then; None where nobody knew the noise. ``form`` is that of what is signed.
    ``strata`` are those that the order was drawn within, and that drawing it again keeps to; empty where units were
    drawn freely, or nobody recorded them.
    """

    campaign: str
    start: date
    before: Period
    after: Period
    design: Design
    target: float
    controls: tuple[str, ...]
    feeds: tuple[str, ...]
    families: tuple[tuple[str, float], ...]
    network: str
    order: tuple[tuple[str, ...], ...]
    roll_out: str
    registered_at: datetime
    panel: PanelPlan | None = None
    power: Power | None = None
    form: int = FORM
    strata: tuple[tuple[str, ...], ...] = ()

    def __post_init__(self) -> None:
        if self.before.days != self.after.days:
            raise AssessError(
                Text(
                    "the windows {before} and {after} are not equally long",
                    before=str(self.before),
                    after=str(self.after),
                )
            )
        if not self.before.last < self.start <= self.after.first:
            raise AssessError(
                Text(
                    "the start {day} does not lie between the windows {before} and {after}",
                    day=str(self.start),
                    before=str(self.before),
                    after=str(self.after),
                )
            )
        design = self.design
        is_more = bool(self.power or design.spill_over or design.covariates or design.counted is not Counted.UNITS)
        is_more = is_more or bool(self.strata)
        if self.form not in (1, FORM) or (self.form == 1 and is_more):
            raise AssessError(Text("a registration of form {form} cannot say this", form=self.form))
        if self.strata and sorted(chain(*self.strata)) != sorted(chain(*self.order)):
            raise AssessError(Text("the strata do not hold each unit of the order of roll-out once"))
        if not 0 < self.target < 1:
            raise AssessError(Text("the target is not between 0 and 100 per cent"))
        if self.design.method is Method.WEDGE and not self.order:
            raise AssessError(Text("a wedge needs its order of roll-out"), hint="quetsach center assess rollout")
        if self.design.method is Method.CITS and self.design.ramp is None:
            raise AssessError(
                Text("an interrupted series needs its ramp: over how many periods the effect builds up"),
                hint=Text(
                    "ramp = 60 in a panel of days, 9 of weeks, if the campaign takes two months to reach "
                    "everybody; a wrong one gives a wrong effect, so it is stated before the start"
                ),
            )

    @property
    def digest(self) -> str:
        """SHA-256 in hex over the canonical content."""
        return digest_of(self.content())

    def canonical(self) -> bytes:
        """Return the content byte for byte as it is signed: JSON, keys sorted, no spaces, UTF-8."""
        return canonical(self.content())

    def content(self) -> dict[str, object]:
        """Return the content."""
        design = self.design
        return {
            "campaign": self.campaign,
            "start": str(self.start),
            "before": str(self.before),
            "after": str(self.after),
            "method": design.method.value,
            "scale": design.scale.value if design.scale else None,
            "ramp": design.ramp,
            "exposure": design.dummies,
            "seed": design.seed,
            "target": self.target,
            "controls": list(self.controls),
            "feeds": list(self.feeds),
            "families": dict(self.families),
            "network": self.network,
            "order": [list(step) for step in self.order],
            "roll_out": self.roll_out,
            **({"strata": [list(units) for units in self.strata]} if self.strata else {}),
            "registered_at": self.registered_at.astimezone(UTC).isoformat(),
            **({"panel": self.panel.content()} if self.panel else {}),
            **({"power": self.power.content()} if self.power else {}),
            **({} if self.form == 1 else self._of_second_form()),
        }

    def _of_second_form(self) -> dict[str, object]:
        design = self.design
        return {
            "form": self.form,
            "counted": design.counted.value,
            "spill_over": design.spill_over,
            "covariates": list(design.covariates),
        }


def seal(registration: Registration, *, public_key: bytes, sign: Sign) -> bytes:
    """Return the signed file of a registration.

    Raises:
        AssessError: it was made on the first day of the campaign or later, or no verdict could ever come of it.
    """
    controls = len(registration.controls)
    if registration.design.method is Method.CITS and controls < CONTROLS_TO_JUDGE:
        raise AssessError(
            Text("with {controls} controls no verdict can come of an interrupted series", controls=controls),
            hint=Text(
                "{judge} are needed to check the noise before the start, {claim} for an effect",
                judge=CONTROLS_TO_JUDGE,
                claim=CONTROLS_TO_CLAIM,
            ),
        )
    if registration.design.covariates:
        raise AssessError(
            Text("no verdict can come of covariates: the panel that the centre counts has none"),
            hint=Text("leave them out of the plan; an analysis with covariates may be shown beside the registered one"),
        )
    return sealed(registration, public_key=public_key, sign=sign)


def read_registration(content: bytes, *, where: str, verify: Verify) -> tuple[Registration, bytes]:
    """Read a signed registration; return it and the public key (32 bytes) that it is signed by.

    Raises:
        AssessError: it is damaged, its signature does not hold, or it was signed after the start.
    """
    return opened(content, _registration, where=where, verify=verify)


def _registration(content: dict[str, Any]) -> Registration:
    design = Design(
        Method(content["method"]),
        Scale(content["scale"]) if content["scale"] else None,
        None if content["ramp"] is None else int(content["ramp"]),
        int(content["exposure"]),
        int(content["seed"]),
        Counted(content.get("counted", Counted.UNITS)),
        float(content.get("spill_over", 0.0)),
        tuple(map(str, content.get("covariates", ()))),
    )
    return Registration(
        str(content["campaign"]),
        parse_day(content["start"]),
        Period.parse(content["before"]),
        Period.parse(content["after"]),
        design,
        float(content["target"]),
        tuple(map(str, content["controls"])),
        tuple(map(str, content["feeds"])),
        tuple((str(name), float(weight)) for name, weight in content["families"].items()),
        str(content["network"]),
        tuple(tuple(map(str, step)) for step in content["order"]),
        str(content["roll_out"]),
        datetime.fromisoformat(content["registered_at"]),
        _panel_plan(content["panel"]) if "panel" in content else None,
        read_power(content["power"]) if "power" in content else None,
        int(content.get("form", 1)),
        tuple(tuple(map(str, units)) for units in content.get("strata", ())),
    )


def _panel_plan(content: dict[str, Any]) -> PanelPlan:
    return PanelPlan(str(content["target"]), str(content["outcome"]), str(content["rule"]))
