"""What a unit owes besides an answer to its letter: the page of a letter shows it, the app of returns knows it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from django.db.models import Model

from quetsach.web.office.letters.models import Dispatch


class ReturnsOwed(Protocol):
    """Returns that belong to a letter: of its campaign, or all where it belongs to none."""

    def owed(self, dispatch: Dispatch, *, now: datetime) -> Sequence[Model]:
        """Return the periods for which the unit still may write."""

    def upcoming(self, dispatch: Dispatch, *, now: datetime) -> Model | None:
        """Return the next period that has not begun, if there is one."""

    def lead(self, dispatch: Dispatch, period: str, *, now: datetime) -> str:
        """Return the address of the unit's return for a period that it owes; empty for no such period."""

    def withdraw(self, dispatch: Dispatch, *, now: datetime) -> None:
        """Void what the letter's link has led to, in the caller's transaction."""


_given: list[ReturnsOwed] = []


def register_returns(returns: ReturnsOwed) -> None:
    """Say what is owed; the app of returns does it when the office starts."""
    _given[:] = [returns]


def returns_owed() -> ReturnsOwed:
    """Return who knows what is owed."""
    return _given[0]
