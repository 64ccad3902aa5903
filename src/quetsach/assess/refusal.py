"""Why there is no number: an estimator that leaves its domain says so, and nobody prints a figure instead."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from quetsach.core.pack import LocalText


class RefusalReason(StrEnum):
    """What stands in the way. ``EXPLANATIONS`` has the words."""

    NO_DATA = "no-data"


EXPLANATIONS: dict[RefusalReason, LocalText] = {
    RefusalReason.NO_DATA: LocalText(
        "Không có dữ liệu nào cho câu hỏi này.",
        "There are no data for this question.",
    ),
}
"""What each reason means and what to do, for whoever wanted the number."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A number that is not given: why, and what was measured that led to it (by name)."""

    reason: RefusalReason
    measured: Mapping[str, float] = field(default_factory=dict)

    @property
    def text(self) -> LocalText:
        """The explanation in both languages."""
        return EXPLANATIONS[self.reason]

    def as_json(self) -> dict[str, object]:
        """Return the refusal for machines."""
        return {
            "refused": self.reason.value,
            "text": {"vi": self.text.vi, "en": self.text.en},
            "measured": dict(self.measured),
        }
