"""A line of a validation table: what was measured, what was promised, what came out."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One measure with its target, both as people read them, and whether it was met."""

    measure: str
    target: str
    got: str
    passed: bool
