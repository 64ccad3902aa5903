"""What a plan could find, as it was known before the start: the part of a registration that says so."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

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
