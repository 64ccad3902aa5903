"""How campaigns are told on a terminal and to machines."""

from collections.abc import Sequence

from quetsach.campaign.schedule.board import Board
from quetsach.campaign.schedule.comparison import Comparison
from quetsach.campaign.schedule.plan import Finding
from quetsach.campaign.schedule.status import PlanStatus
from quetsach.cli.output import print_table, say
from quetsach.core.text import LocalText, Text

STATES = {
    "ahead": Text("ahead"),
    "waiting": Text("waits for its gate"),
    "running": Text("running"),
    "over": Text("over"),
    "reached": Text("reached"),
    "missed": Text("missed"),
    "closed": Text("closed"),
    "none": Text("not begun"),
}
"""States of phases, milestones and campaigns in words."""


def tell_standing(name: LocalText, standing: PlanStatus, boards: Sequence[Board], language: str) -> None:
    """Print how a plan stands, what its gates wait for, and the boards in one line each."""
    print(f"{name.in_language(language)} · {standing.day}\n")
    print_table(
        ("giai đoạn", "từ", "đến", "trạng thái") if language == "vi" else ("phase", "from", "to", "state"),
        [
            (p.phase.name.in_language(language), p.phase.period.first, p.phase.period.last, _told(p.state, language))
            for p in standing.phases
        ],
    )
    print()
    for phase in standing.phases:
        for finding in phase.missing if not phase.is_open else ():
            say(f"! {phase.phase.name.in_language(language)}: {finding.text.in_language(language)}")
    for item in standing.milestones:
        say(f"{item.milestone.on}  {item.milestone.name.in_language(language)}: {_told(item.state, language)}")
    print()
    for board in boards:
        say(f"{board.name.in_language(language)}: {board.done}/{board.total}")


def tell_comparison(comparison: Comparison, left: str, right: str, language: str) -> None:
    """Print two campaigns side by side, and what of them does not compare."""
    no = "không so sánh được" if language == "vi" else "does not compare"
    print_table(
        ("", left, right, ""),
        [
            (*(text.in_language(language) for text in (r.name, r.left, r.right)), "" if r.compares else no)
            for r in comparison.rows
        ],
        right=(1, 2),
    )
    print()
    for caution in comparison.cautions:
        say(f"! {caution.in_language(language)}")


def standing_json(key: str, standing: PlanStatus) -> dict[str, object]:
    """Return for machines how a plan stands."""

    def findings(found: tuple[Finding, ...]) -> list[dict[str, object]]:
        return [
            {"needs": f.condition.needs.value, "least": f.condition.least, "count": f.count, "holds": f.holds}
            for f in found
        ]

    return {
        "campaign": key,
        "day": str(standing.day),
        "phases": [
            {
                "id": p.phase.id,
                "name": both(p.phase.name),
                "first": str(p.phase.period.first),
                "last": str(p.phase.period.last),
                "state": p.state.value,
                "is_open": p.is_open,
                "days_late": p.days_late,
                "part": p.part.id if p.part else None,
                "conditions": findings(p.findings),
            }
            for p in standing.phases
        ],
        "milestones": [
            {
                "id": m.milestone.id,
                "name": both(m.milestone.name),
                "on": str(m.milestone.on),
                "state": m.state.value,
                "days_late": m.days_late,
                "conditions": findings(m.findings),
            }
            for m in standing.milestones
        ],
    }


def _told(state: str, language: str) -> str:
    return STATES[state].in_language(language)


def both(text: LocalText) -> dict[str, str]:
    """Return a text in both languages for machines."""
    return {"vi": text.vi, "en": text.en}
