"""A letter on paper, before anybody has signed it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SignatureSpot:
    """The gap between title and name: its middle line and upper edge, from the top left of a page, in millimetres."""

    page: int
    x_mm: float
    y_mm: float


@dataclass(frozen=True, slots=True)
class Printed:
    """The PDF, and where its signature goes."""

    content: bytes
    spot: SignatureSpot


def unsigned(printed: Printed) -> bytes:
    """Leave the letter as it is printed."""
    return printed.content
