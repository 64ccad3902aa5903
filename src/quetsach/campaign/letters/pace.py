"""How far and how fast a letter went down the tree: the funnel, and the times of each level."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from quetsach.campaign.letters.course import Course, Stage, Standing


@dataclass(frozen=True, slots=True)
class Step:
    """One dispatch in the tree: to which unit, on which level of the tree, its course, and since when it is there.

    ``since`` is when the letter was sent to the unit, which is earlier than its mail went out; without it the first
    event counts.
    """

    unit: str
    level: int
    course: Course
    since: datetime | None = None

    @property
    def time_to_acknowledge(self) -> timedelta | None:
        """Time from sending to acknowledging, never negative; ``None`` if it has not been acknowledged."""
        if self.since is None or Stage.ACKNOWLEDGED not in self.course.reached:
            return self.course.time_to_acknowledge
        return max(self.course.reached[Stage.ACKNOWLEDGED] - self.since, timedelta(0))


@dataclass(frozen=True, slots=True)
class Funnel:
    """How many dispatches reached each stage, and how many of them are in trouble or over.

    ``reached`` counts each dispatch in every stage up to its own, so its values never grow from stage to stage;
    ``waiting`` counts those that still owe an answer.
    """

    total: int
    reached: Mapping[Stage, int]
    bounced: int
    refused: int
    closed: int
    waiting: int

    def percent(self, stage: Stage) -> float:
        """Return the share of all dispatches that reached a stage, in percent; 0 where there are none."""
        return 100 * self.reached[stage] / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True)
class LevelPace:
    """Times to acknowledge on one level of the tree.

    ``half`` is the time after which half of *all* units written to had acknowledged, and ``None`` while fewer have: the
    median of only those who answered would look the better the fewer answer. ``slowest`` is the longest among those
    who did, with its unit.
    """

    level: int
    total: int
    acknowledged: int
    half: timedelta | None
    slowest: timedelta | None
    slowest_unit: str


def funnel(courses: Iterable[Course]) -> Funnel:
    """Count dispatches by stage."""
    known = list(courses)
    standings = [course.standing for course in known]
    return Funnel(
        total=len(known),
        reached={stage: sum(course.stage >= stage for course in known) for stage in list(Stage)[1:]},
        bounced=standings.count(Standing.BOUNCED),
        refused=standings.count(Standing.REFUSED),
        closed=standings.count(Standing.CLOSED),
        waiting=sum(course.is_pending for course in known),
    )


def pace(steps: Iterable[Step]) -> list[LevelPace]:
    """Return the times of each level, the highest level of the tree first."""
    levels: dict[int, list[Step]] = {}
    for step in steps:
        levels.setdefault(step.level, []).append(step)
    return [_level_pace(level, levels[level]) for level in sorted(levels)]


def _level_pace(level: int, steps: list[Step]) -> LevelPace:
    timed = ((step.time_to_acknowledge, step.unit) for step in steps)
    times = sorted((time, unit) for time, unit in timed if time is not None)
    middle = (len(steps) + 1) // 2 - 1
    return LevelPace(
        level=level,
        total=len(steps),
        acknowledged=len(times),
        half=times[middle][0] if middle < len(times) else None,
        slowest=times[-1][0] if times else None,
        slowest_unit=times[-1][1] if times else "",
    )
