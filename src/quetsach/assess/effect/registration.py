"""The analysis that is signed before a campaign begins: nobody chooses the method after seeing the result."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from quetsach.assess.effect.analysis import Design
from quetsach.assess.effect.cits import CONTROLS_TO_CLAIM, CONTROLS_TO_JUDGE
from quetsach.assess.effect.finding import Method, Scale
from quetsach.assess.errors import AssessError
from quetsach.core.errors import QuetsachError
from quetsach.core.period import Period, parse_day

MACHINES: Final = "machines"
"""Outcome of a panel: machines on line."""
LAKE_WEEKS: Final = "lake-weeks-1"
"""The rule by which ``assess panel`` counts provinces week by week. A rule that counts differently has another name."""
MAX_BYTES: Final = 8 << 20
_NOT_ONE = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError, QuetsachError)
_HINT: Final = "restore the file from a backup: what was registered stays as it was signed"

type Sign = Callable[[bytes], bytes]
"""Gives the signature (Ed25519, 64 bytes) of some content."""
type Verify = Callable[[bytes, bytes, bytes], bool]
"""Says whether a signature (second) of a content (third) is by a public key (first, 32 bytes)."""


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
    the step in which they begin, empty where all begin together; ``roll_out`` is the digest of the draw.
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

    def __post_init__(self) -> None:
        if self.before.days != self.after.days:
            raise AssessError(f"the windows {self.before} and {self.after} are not equally long")
        if not self.before.last < self.start <= self.after.first:
            raise AssessError(f"the start {self.start} does not lie between the windows {self.before} and {self.after}")
        if not 0 < self.target < 1:
            raise AssessError("the target is not between 0 and 100 per cent")
        if self.design.method is Method.WEDGE and not self.order:
            raise AssessError("a wedge needs its order of roll-out", hint="quetsach center assess rollout")
        if self.design.method is Method.CITS and self.design.ramp is None:
            raise AssessError(
                "an interrupted series needs its ramp: over how many periods the effect builds up",
                hint="ramp = 60 in a panel of days, 9 of weeks, if the campaign takes two months to reach everybody; "
                "a wrong one gives a wrong effect, so it is stated before the start",
            )

    @property
    def digest(self) -> str:
        """SHA-256 in hex over the canonical content."""
        return hashlib.sha256(self.canonical()).hexdigest()

    def canonical(self) -> bytes:
        """Return the content byte for byte as it is signed: JSON, keys sorted, no spaces, UTF-8."""
        return _canonical(self.content())

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
            "registered_at": self.registered_at.astimezone(UTC).isoformat(),
            **({"panel": self.panel.content()} if self.panel else {}),
        }


def seal(registration: Registration, *, public_key: bytes, sign: Sign) -> bytes:
    """Return the signed file of a registration.

    Raises:
        AssessError: it was made on the first day of the campaign or later, or no verdict could ever come of it.
    """
    controls = len(registration.controls)
    if registration.design.method is Method.CITS and controls < CONTROLS_TO_JUDGE:
        raise AssessError(
            f"with {controls} controls no verdict can come of an interrupted series",
            hint=f"{CONTROLS_TO_JUDGE} are needed to check the noise before the start, "
            f"{CONTROLS_TO_CLAIM} for an effect",
        )
    made = registration.registered_at.astimezone(UTC).date()
    if made >= registration.start:
        raise AssessError(
            f"the campaign began on {registration.start}: an analysis can be registered only before",
            hint="an analysis that was not registered may be shown, and says so",
        )
    sealed = {
        "registration": registration.content(),
        "sha256": registration.digest,
        "public_key": public_key.hex(),
        "signature": sign(registration.canonical()).hex(),
    }
    return json.dumps(sealed, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"


def read_registration(content: bytes, *, where: str, verify: Verify) -> tuple[Registration, bytes]:
    """Read a signed registration; return it and the public key (32 bytes) that it is signed by.

    Raises:
        AssessError: it is damaged, its signature does not hold, or it was signed after the start.
    """
    if len(content) > MAX_BYTES:
        raise AssessError("not a registration: too large", where=where, hint=_HINT)
    try:
        sealed: dict[str, Any] = json.loads(content)
        found: dict[str, Any] = sealed["registration"]
        key, signature = bytes.fromhex(sealed["public_key"]), bytes.fromhex(sealed["signature"])
        registration = _registration(found)
        is_whole = registration.content() == found and registration.digest == sealed["sha256"]
    except _NOT_ONE as error:
        raise AssessError(f"not a registration: {error}", where=where, hint=_HINT) from error
    if not is_whole or not verify(key, signature, registration.canonical()):
        raise AssessError("the registration is not what was signed: it was changed", where=where, hint=_HINT)
    if registration.registered_at.astimezone(UTC).date() >= registration.start:
        raise AssessError("this was registered after the start", where=where)
    return registration, key


def _registration(content: dict[str, Any]) -> Registration:
    design = Design(
        Method(content["method"]),
        Scale(content["scale"]) if content["scale"] else None,
        None if content["ramp"] is None else int(content["ramp"]),
        int(content["exposure"]),
        int(content["seed"]),
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
    )


def _panel_plan(content: dict[str, Any]) -> PanelPlan:
    return PanelPlan(str(content["target"]), str(content["outcome"]), str(content["rule"]))


def _canonical(content: dict[str, object]) -> bytes:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
