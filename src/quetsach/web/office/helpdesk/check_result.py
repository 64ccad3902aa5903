"""What the check page said, carried to the form in the visitor's own hands: signed by us, kept by nobody.

The slip holds the answer, families and days, and no address. It is attached only when the person ticks a box.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core import signing

from quetsach.web.published.answer import Answer, Outcome

_SALT = "quetsach.helpdesk.slip"
_LIFETIME_SECONDS = 86_400
_MOST_FAMILIES = 5


@dataclass(frozen=True, slots=True)
class CheckResult:
    """An answer of the check page: outcome, newest day of the data, families with the day they were last seen."""

    outcome: Outcome
    newest_day: date | None
    families: tuple[tuple[str, date], ...]

    @classmethod
    def of(cls, answer: Answer) -> "CheckResult":
        """Return the slip of an answer."""
        families = tuple((listing.name, listing.last_day) for listing in answer.listings[:_MOST_FAMILIES])
        return cls(answer.outcome, answer.newest_day, families)

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "outcome": self.outcome.value,
            "newest_day": self.newest_day.isoformat() if self.newest_day else None,
            "families": [[name, day.isoformat()] for name, day in self.families],
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "CheckResult":
        """Return the slip that ``as_json`` described."""
        newest = value["newest_day"]
        return cls(
            Outcome(value["outcome"]),
            date.fromisoformat(newest) if newest else None,
            tuple((name, date.fromisoformat(day)) for name, day in value["families"]),
        )

    def signed(self) -> str:
        """Return it as a text that only we can have written."""
        return signing.dumps(self.as_json(), salt=_SALT, compress=True)

    @classmethod
    def read(cls, text: str) -> "CheckResult | None":
        """Return the slip that somebody brings; ``None`` if it is not ours or of another day."""
        try:
            return cls.from_json(signing.loads(text, salt=_SALT, max_age=_LIFETIME_SECONDS)) if text else None
        except (signing.BadSignature, ValueError, KeyError, TypeError):
            return None
