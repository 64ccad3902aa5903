"""The log of decisions: what was decided, on which grounds, with the figures of that moment sealed beside it."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from quetsach.campaign.errors import ScheduleError
from quetsach.core.period import Period
from quetsach.core.text import Number, Text

MAX_TITLE = 200
MAX_GROUNDS = 8000
MAX_SUBJECTS = 100
AROUND = timedelta(days=366)
"""How long before and after a campaign its decisions may be of."""


class DecisionKind(StrEnum):
    """What a decision is about."""

    BOTNETS = "botnets"
    """Which botnets the campaign acts on: ``subjects`` are their families."""
    ISPS = "isps"
    """What the assessment of Internet providers leads to: ``subjects`` are providers."""
    BASELINE = "baseline"
    """That the baseline was frozen, or frozen again; ``figures`` hold what was."""
    DATES = "dates"
    PLAN = "plan"
    EVALUATION = "evaluation"
    """That the evaluation is published, and where."""
    OTHER = "other"
    """Anything else; ``subjects`` are what conditions of the plan ask for by name."""


WITH_SUBJECTS = frozenset({DecisionKind.BOTNETS, DecisionKind.ISPS, DecisionKind.OTHER})
"""Kinds whose decisions name what they are about."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision. ``number`` counts within a campaign; ``supersedes`` is the number that it takes the place of.

    ``figures`` are what those who decided had before them: plain JSON values, kept with the decision for good.
    """

    number: int
    kind: DecisionKind
    title: str
    grounds: str
    decided_on: date
    decided_by: str
    subjects: tuple[str, ...] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)
    supersedes: int | None = None

    @property
    def digest(self) -> str:
        """SHA-256 in hex over everything that the decision says, its figures included."""
        return digest_of(self.as_json())

    def as_json(self) -> dict[str, Any]:
        """Return the decision for machines."""
        return {
            "number": self.number,
            "kind": self.kind.value,
            "title": self.title,
            "grounds": self.grounds,
            "decided_on": str(self.decided_on),
            "decided_by": self.decided_by,
            "subjects": list(self.subjects),
            "figures": dict(self.figures),
            "supersedes": self.supersedes,
        }


def digest_of(content: Any) -> str:
    """Return SHA-256 in hex over JSON values in their one canonical form."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def refuse_day_outside(day: date, frame: Period) -> None:
    """Refuse a day on which the campaign cannot have decided anything: a slip of the hand would stand for ever.

    Args:
        day: when it was decided.
        frame: the days of the campaign, from first to last.

    Raises:
        ScheduleError: the day is more than a year before the campaign or after it.
    """
    allowed = decision_days(frame)
    if day not in allowed:
        raise ScheduleError(
            Text(
                "its decisions are of {first} to {last}: at most a year before it or after it",
                first=allowed.first,
                last=allowed.last,
            ),
            field="decided_on",
        )


def decision_days(frame: Period) -> Period:
    """Return the days on which a campaign of these days may have decided something."""
    return Period(frame.first - AROUND, frame.last + AROUND)


def check_decision(decision: Decision, earlier: Sequence[Decision], *, today: date) -> None:
    """Refuse a decision that cannot stand in the log.

    Raises:
        ScheduleError: no title or grounds, a day that has not come, twins among its subjects, or it takes the place of
            one that is of another kind, is not there, or was superseded before.
    """
    if not decision.title.strip() or len(decision.title) > MAX_TITLE:
        text = Text("a decision needs a title, at most {max_title} characters", max_title=MAX_TITLE)
        raise ScheduleError(text, field="title")
    if not decision.grounds.strip() or len(decision.grounds) > MAX_GROUNDS:
        text = Text("a decision needs its grounds, at most {max_grounds} characters", max_grounds=Number(MAX_GROUNDS))
        raise ScheduleError(text, field="grounds", advice=Text("say why"))
    if decision.decided_on > today:
        text = Text("the day of the decision has not come yet")
        raise ScheduleError(text, field="decided_on")
    _check_subjects(decision)
    standing = {d.number: d for d in in_force(earlier)}
    same = next((d for d in standing.values() if d.kind is decision.kind), None)
    if decision.kind is DecisionKind.BOTNETS and same and decision.supersedes is None:
        raise ScheduleError(
            Text("decision {number} already names the botnets", number=same.number),
            field="supersedes",
            advice=Text("say that this one takes the place of {number}", number=same.number),
        )
    if decision.supersedes is not None:
        old = standing.get(decision.supersedes)
        if old is None or old.kind is not decision.kind:
            number = decision.supersedes
            text = Text(
                "decision {number} cannot be superseded: it is not in force, or about something else", number=number
            )
            raise ScheduleError(text, field="supersedes")


def _check_subjects(decision: Decision) -> None:
    if len(decision.subjects) > MAX_SUBJECTS or len(set(decision.subjects)) != len(decision.subjects):
        text = Text("each subject once, at most {max_subjects}", max_subjects=MAX_SUBJECTS)
        raise ScheduleError(text, field="subjects")
    if decision.kind is DecisionKind.BOTNETS and not decision.subjects:
        text = Text("a decision about botnets names at least one")
        raise ScheduleError(text, field="subjects")
    if decision.kind is DecisionKind.ISPS and not decision.subjects:
        text = Text("a decision about providers names at least one")
        raise ScheduleError(text, field="subjects")
    if decision.kind not in WITH_SUBJECTS and decision.subjects:
        text = Text("a decision of this kind has no subjects")
        raise ScheduleError(text, field="subjects")


def in_force(decisions: Iterable[Decision]) -> tuple[Decision, ...]:
    """Return the decisions that no later one took the place of, in their order."""
    everything = tuple(decisions)
    gone = {d.supersedes for d in everything}
    return tuple(d for d in everything if d.number not in gone)


def decided_botnets(decisions: Iterable[Decision]) -> tuple[str, ...]:
    """Return the families that the campaign acts on, in the order of the decision in force."""
    return next((d.subjects for d in in_force(decisions) if d.kind is DecisionKind.BOTNETS), ())
