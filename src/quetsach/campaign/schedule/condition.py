"""Conditions: what must hold before a phase may begin or a milestone counts as reached. They are data.

Each is judged by evidence that the caller derives from what the centre holds (baseline, packs, letters, returns);
nobody ticks a box.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from quetsach.core.number import number_text
from quetsach.core.pack import LocalText


class Need(StrEnum):
    """What a condition asks for."""

    BASELINE_FROZEN = "baseline-frozen"
    BOTNETS_DECIDED = "botnets-decided"
    ISPS_ASSESSED = "isps-assessed"
    PACKS_PUBLISHED = "packs-published"
    TOOL_OFFERED = "tool-offered"
    LETTERS_ISSUED = "letters-issued"
    RETURNS_PUBLISHED = "returns-published"
    EVALUATION_PUBLISHED = "evaluation-published"
    DECISION_RECORDED = "decision-recorded"
    """A decision about ``subject`` stands in the log: for what no other evidence shows, such as a press conference."""


_TEXTS = {
    Need.BASELINE_FROZEN: LocalText("Mốc so sánh đã được chốt", "The baseline is frozen"),
    Need.BOTNETS_DECIDED: LocalText(
        "Đã quyết định các mạng botnet cần xử lý ({count}/{least})",
        "The botnets to act on are decided ({count} of {least})",
    ),
    Need.ISPS_ASSESSED: LocalText(
        "Đã đánh giá theo nhà cung cấp dịch vụ Internet ({count}/{least})",
        "Internet providers are assessed ({count} of {least})",
    ),
    Need.PACKS_PUBLISHED: LocalText(
        "Đã phát hành gói bóc gỡ cho các mạng botnet đã quyết định ({count}/{least})",
        "Removal packs for the decided botnets are published ({count} of {least})",
    ),
    Need.TOOL_OFFERED: LocalText("Công cụ đã được cung cấp để tải về", "The tool is offered for download"),
    Need.LETTERS_ISSUED: LocalText(
        "Đã ban hành công văn triển khai ({count}/{least})", "Official letters are issued ({count} of {least})"
    ),
    Need.RETURNS_PUBLISHED: LocalText("Đã công bố số liệu báo cáo của các đơn vị", "Totals of returns are published"),
    Need.EVALUATION_PUBLISHED: LocalText("Đã công bố báo cáo đánh giá", "The evaluation is published"),
    Need.DECISION_RECORDED: LocalText("Đã ghi quyết định về “{subject}”", "A decision about “{subject}” is recorded"),
}


@dataclass(frozen=True, slots=True)
class Condition:
    """One demand: at least ``least`` of what is needed; ``subject`` only for ``DECISION_RECORDED``."""

    needs: Need
    least: int = 1
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the centre can show: how many of each need, and the subjects about which a decision stands."""

    counts: Mapping[Need, int] = field(default_factory=dict)
    subjects: frozenset[str] = frozenset()

    def count(self, condition: Condition) -> int:
        """Return how many of what a condition asks for there are."""
        if condition.needs is Need.DECISION_RECORDED:
            return int(condition.subject in self.subjects)
        return self.counts.get(condition.needs, 0)


@dataclass(frozen=True, slots=True)
class Finding:
    """A condition as judged by evidence; ``text`` says what is asked and how much of it is there."""

    condition: Condition
    count: int

    @property
    def holds(self) -> bool:
        """Whether there is enough."""
        return self.count >= self.condition.least

    @property
    def text(self) -> LocalText:
        """The condition in words, with the count where it asks for several."""
        return LocalText(self._in("vi"), self._in("en"))

    def _in(self, language: str) -> str:
        return (
            _TEXTS[self.condition.needs]
            .in_language(language)
            .format(
                count=number_text(self.count, language),
                least=number_text(self.condition.least, language),
                subject=self.condition.subject,
            )
        )


def judge(conditions: tuple[Condition, ...], evidence: Evidence) -> tuple[Finding, ...]:
    """Return each condition as judged, in the order of the plan."""
    return tuple(Finding(condition, evidence.count(condition)) for condition in conditions)
