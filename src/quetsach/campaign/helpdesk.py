"""People who ask for help: the states of a case, the steps between them, and answers that are kept ready."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from quetsach.campaign.errors import CaseError
from quetsach.campaign.section import Section
from quetsach.core.language import DATA_LANGUAGES
from quetsach.core.text import LocalText, Text

# The states of a case, and which step leads from one to the other: one table.

LAPSE_DAYS = 14
"""A case in which the person does not write for so long is closed."""
RETENTION_DAYS = 30
"""What a person wrote is erased so long after the case was closed."""


class CaseState(StrEnum):
    """Where a case is."""

    NEW = "new"  # nobody has taken it
    OPEN = "open"  # somebody works on it
    WAITING = "waiting"  # the person was asked something
    ANSWERED = "answered"
    CLOSED = "closed"


class Step(StrEnum):
    """What can be done with a case."""

    TAKE = "take"
    ANSWER = "answer"
    ASK = "ask"
    NOTE = "note"
    WRITE = "write"  # by the person
    HAND_OVER = "hand-over"
    CLOSE = "close"
    REOPEN = "reopen"
    LAPSE = "lapse"


_ALIVE: Mapping[Step, CaseState] = {
    Step.ANSWER: CaseState.ANSWERED,
    Step.ASK: CaseState.WAITING,
    Step.HAND_OVER: CaseState.NEW,
    Step.CLOSE: CaseState.CLOSED,
}
_NEXT: Mapping[CaseState, Mapping[Step, CaseState]] = {
    CaseState.NEW: {**_ALIVE, Step.TAKE: CaseState.OPEN, Step.NOTE: CaseState.NEW, Step.WRITE: CaseState.NEW},
    CaseState.OPEN: {**_ALIVE, Step.TAKE: CaseState.OPEN, Step.NOTE: CaseState.OPEN, Step.WRITE: CaseState.OPEN},
    CaseState.WAITING: {
        **_ALIVE,
        Step.TAKE: CaseState.WAITING,
        Step.NOTE: CaseState.WAITING,
        Step.WRITE: CaseState.OPEN,
        Step.LAPSE: CaseState.CLOSED,
    },
    CaseState.ANSWERED: {
        **_ALIVE,
        Step.TAKE: CaseState.ANSWERED,
        Step.NOTE: CaseState.ANSWERED,
        Step.WRITE: CaseState.OPEN,
        Step.LAPSE: CaseState.CLOSED,
    },
    CaseState.CLOSED: {
        Step.NOTE: CaseState.CLOSED,
        Step.WRITE: CaseState.OPEN,
        Step.REOPEN: CaseState.OPEN,
    },
}


def state_after(state: CaseState, step: Step) -> CaseState:
    """Return the state that a step leads to.

    Raises:
        CaseError: the step is not possible in this state.
    """
    following = _NEXT[state].get(step)
    if following is None:
        raise CaseError(f"a case that is {state} cannot be changed so: {step}", code="step", hint="look at it again")
    return following


def steps_from(state: CaseState) -> frozenset[Step]:
    """Return what can be done with a case in this state."""
    return frozenset(_NEXT[state])


def lapse_before(now: datetime) -> datetime:
    """Return the time before which a case must have changed last, to be closed because nobody writes."""
    return now - timedelta(days=LAPSE_DAYS)


def erase_before(now: datetime) -> datetime:
    """Return the time before which a case must have been closed, to be erased."""
    return now - timedelta(days=RETENTION_DAYS)


# Answers that are kept ready: texts in two languages with places for addresses of our own pages.

PLACES = frozenset({"case", "check", "devices", "download", "families", "family", "verify"})
"""What a text may leave open; each becomes an address."""
_PLACE = re.compile(r"\{([a-z_]*)\}")


@dataclass(frozen=True, slots=True)
class ReadyAnswer:
    """One answer. ``kinds`` are the kinds of cases that it is offered for first."""

    id: str
    title: LocalText
    text: LocalText
    kinds: tuple[str, ...]

    def filled(self, language: str, addresses: Mapping[str, str]) -> str:
        """Return the text in a language with its places filled; every one of ``PLACES`` has an address."""
        return _PLACE.sub(lambda found: addresses[found[1]], self.text.in_language(language))


def read_ready_answers(content: bytes, *, file: str) -> tuple[ReadyAnswer, ...]:
    """Read a file of answers.

    Raises:
        CampaignError: with file and field, what is wrong.
    """
    top = Section.parse(content, file=file)
    answers = tuple(_answer(section) for section in top.sections("answers"))
    top.finish()
    return answers


def _answer(section: Section) -> ReadyAnswer:
    text = section.local_text("text")
    for language in DATA_LANGUAGES:
        for place in _PLACE.findall(text.in_language(language)):
            if place not in PLACES:
                told = Text("{place} is no place: {known}", place=f"{{{place}}}", known=", ".join(sorted(PLACES)))
                raise section.error(f"text.{language}", told)
    answer = ReadyAnswer(section.text("id"), section.local_text("title"), text, tuple(section.text("kinds").split()))
    section.finish()
    return answer
