"""Carries the window's steps out: use cases in threads of their own, what they come to back in the window's thread."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING

from quetsach.core.errors import QuetsachError
from quetsach.endpoint.scanner.control import Control
from quetsach.endpoint.window.flow import Next, is_busy, opened, step
from quetsach.endpoint.window.page import Page
from quetsach.endpoint.window.state import (
    Asked,
    Close,
    Done,
    Effect,
    Ended,
    Event,
    Licences,
    Moved,
    Opening,
    Outcome,
    Purged,
    Saved,
    Seen,
    Steer,
    Surveyed,
    Work,
)
from quetsach.endpoint.window.use_cases import Offer, OnStick, ScanProgress, Target, Upgrade, Upgraded, UseCases, Watch
from quetsach.endpoint.window.words import Words, opening_page

if TYPE_CHECKING:
    from quetsach.endpoint.report import Report

_ENDING_SECONDS = 20.0
"""So long a look may take to end when the window closes: workers are let go, what was seen is kept."""

type Post = Callable[[Callable[[], None]], None]
"""Has something called in the window's thread, from whatever thread."""


class Controller:
    """Holds where the window is. All methods are called in the window's thread.

    Args:
        tool_of: makes the use cases, in a thread of its own; that takes longer than to show a window.
        language: ``vi`` or ``en``.
        post: see ``Post``.
        show: draws a page.
        close: closes the window.
    """

    def __init__(
        self,
        tool_of: Callable[[], UseCases],
        language: str,
        *,
        post: Post,
        show: Callable[[Page], None],
        close: Callable[[], None],
    ) -> None:
        self._tool_of = cache(tool_of)
        self._post = post
        self._show = show
        self._close = close
        self._control = Control()
        self._working: threading.Thread | None = None
        self._first = opened(language)
        self.state = self._first.state

    @property
    def page(self) -> Page:
        """What is to be shown."""
        if isinstance(self.state.screen, Opening):
            return opening_page(Words(self.state.language))
        from quetsach.endpoint.window.pages import page_of  # noqa: PLC0415  (loaded while the window is there already)

        return page_of(self.state)

    @property
    def is_busy(self) -> bool:
        """Whether the window must stay open: something is being changed."""
        return is_busy(self.state.screen)

    def open(self) -> None:
        """Show the first page and begin."""
        self._follow(self._first)

    def take(self, event: Event) -> None:
        """Take what happened."""
        self._follow(step(self.state, event, lambda looked, numbers: self._tool_of().excess(looked, numbers)))

    def wait(self) -> None:
        """Wait, for a while, until a look that was ended has ended; for when the window is closed."""
        if self._working is not None:
            self._working.join(_ENDING_SECONDS)

    def _follow(self, after: Next) -> None:
        self.state = after.state
        self._show(self.page)
        for effect in after.effects:
            self._carry_out(effect)

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case Close():
                self._close()
            case Steer(how):
                {"pause": self._control.pause, "go-on": self._control.go_on, "end": self._control.end}[how]()
            case Work():
                if effect.what in {"look", "survey"}:
                    self._control = Control()
                run = partial(self._run, effect, self.state.language, self._control)
                self._working = threading.Thread(target=run, name=effect.what, daemon=True)
                self._working.start()

    def _run(self, work: Work, language: str, control: Control) -> None:
        """Do a use case in this thread, and post what it came to."""
        try:
            outcome = self._outcome(work, language, control)
        except QuetsachError as error:
            outcome = error
        except Exception as error:  # noqa: BLE001  (a window that waits for ever says less than one that names it)
            outcome = QuetsachError(f"{type(error).__name__}: {error}")
            outcome.__cause__ = error
        self._post(partial(self.take, Ended(outcome)))

    def _outcome(self, work: Work, language: str, control: Control) -> Outcome:
        """Return what a use case comes to."""
        from quetsach.endpoint.report import Report  # noqa: PLC0415

        tool, watch = self._tool_of(), _Seldom(self._moved)
        outcome: Outcome
        match work.what, work.about:
            case "look", Target() as target:
                outcome = _seen(tool, target, watch, control)
            case "survey", tuple() as targets:
                outcome = Surveyed(tuple(_surveyed(tool, targets, watch, control)))
            case "clean", Seen() as seen:
                outcome = self._done(tool.clean(seen.looked, work.numbers, watch))
            case "undo", str(session):
                outcome = self._done(tool.undo(session, watch))
            case "page", Report() as report:
                outcome = Saved(tool.save_page(report, language))
            case "offer", Report() as report:
                outcome = tool.offer(report)
            case "send", Offer() as offer:
                outcome = tool.send(offer)
            case "upgrade", Upgrade() as upgrade:
                outcome = tool.upgrade(upgrade, watch)
            case "start-anew", Upgraded() as upgraded:
                outcome = Asked("start-anew", tool.start_anew(upgraded, language))
            case _:
                outcome = self._simple_outcome(work, language)
        return outcome

    def _simple_outcome(self, work: Work, language: str) -> Outcome:
        """Return what a use case comes to that is about nothing in particular."""
        tool = self._tool_of()
        simple: Mapping[str, Callable[[], Outcome]] = {
            "readiness": tool.readiness,
            "update": tool.update,
            "purge": lambda: Purged(tool.purge()),
            "licences": lambda: Licences(tool.licences()),
            "restart": lambda: Asked("restart", tool.restart()),
            "switch-off": lambda: Asked("switch-off", isinstance(tool, OnStick) and tool.switch_off()),
            "elevate": lambda: Asked("elevate", tool.elevate(language)),
        }
        return simple[work.what]()

    def _done(self, report: "Report") -> Done:
        return Done(report, self._tool_of().is_correction_due(report))

    def _moved(self, course: ScanProgress) -> None:
        self._post(partial(self.take, Moved(course)))


def _seen(tool: UseCases, target: Target, watch: Watch, control: Control) -> Seen:
    """Look at one target, and judge its plan."""
    looked = tool.look(target, watch, control)
    numbers = {one.number for one in looked.plan.steps} if looked.plan else set[int]()
    return Seen(target, looked, tool.excess(looked, numbers - looked.archives))


def _surveyed(
    tool: UseCases, targets: tuple[Target, ...], watch: Watch, control: Control
) -> Iterator[tuple[Target, Seen | QuetsachError]]:
    """Look at one drive after the other until a person ends it; one that cannot be looked at stops no other."""
    for target in targets:
        try:
            yield target, _seen(tool, target, partial(_tell_with_drive, watch, target), control)
        except QuetsachError as error:
            yield target, error
        if control.is_over():
            return


def _tell_with_drive(watch: Watch, target: Target, course: ScanProgress) -> None:
    name = target.drive.name if target.drive is not None else ""
    watch(replace(course, place=f"{name}: {course.place}"))


class _Seldom:
    """Passes on how far work is, a few times a second: a window that only draws progress answers nobody.

    That another part of it begins, which ``total`` shows, is always passed on.
    """

    _EVERY_SECONDS = 0.2

    def __init__(self, watch: Callable[[ScanProgress], None]) -> None:
        self._watch = watch
        self._told_at = 0.0
        self._total = 0

    def __call__(self, course: ScanProgress) -> None:
        now = time.monotonic()
        if now - self._told_at >= self._EVERY_SECONDS or course.total != self._total:
            self._told_at, self._total = now, course.total
            self._watch(course)
