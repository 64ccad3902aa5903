"""What the window can have done on the rescue stick: the use cases of a machine, on drives that are mounted for them.

A look mounts read-only. A clean-up mounts the drive anew, looks once more and does only what a person agreed to.
"""

import os
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Lock

from quetsach.cli.desktop import Desktop, excess_among, handle_of
from quetsach.cli.rescue_session import KINDS, Drives, Kept, shown, system_of
from quetsach.core.errors import QuetsachError
from quetsach.core.period import day_of
from quetsach.core.text import Text, size_text
from quetsach.endpoint.artefact import Finding
from quetsach.endpoint.plan.plan import Plan
from quetsach.endpoint.report import Report
from quetsach.endpoint.report.document import ReportedStep
from quetsach.endpoint.scanner.control import Control
from quetsach.endpoint.store.session import summaries
from quetsach.endpoint.store.state import State
from quetsach.endpoint.window.use_cases import (
    Drive,
    Earlier,
    Excess,
    Offer,
    Readiness,
    Receipt,
    ScanOutcome,
    ScanProgress,
    Stick,
    Target,
    Updated,
    Upgrade,
    Upgraded,
    Watch,
)
from quetsach.installation import bundled_country
from quetsach.rescue import RescueError
from quetsach.rescue.volumes import Volume, place_of, why_unfit


@dataclass(frozen=True, slots=True)
class _Planned:
    """What a plan was made of, without the drive, which is not mounted any more."""

    volume: Volume
    plan: Plan
    findings: tuple[Finding, ...]


@dataclass(slots=True)
class RescueDesktop:
    """The use cases on the stick (``OnStick``).

    Args:
        drives: the drives of the machine, and where what is removed is kept.
        language: of what is raised by the parts of commands.
        power: switches off or restarts (``poweroff``, ``reboot``); whether the machine agreed.
        today: the day by which the packs are old.
    """

    drives: Drives
    language: str
    power: Callable[[str], bool]
    today: Callable[[], date] = lambda: day_of(datetime.now(UTC), bundled_country().zone)
    _mounting: Lock = field(default_factory=Lock)
    """Held while a drive is mounted: the window lists drives while it begins to look at one."""

    def readiness(self) -> Readiness:
        """Return what can be done on this machine now."""
        with self._mounting:
            volumes = self.drives.find()
            earlier = self._earlier(volumes)
        ready = self._desktop(self.drives.state).readiness()
        age = None if ready.packs_day is None else max(0, (self.today() - ready.packs_day).days)
        return replace(
            ready,
            is_live=False,
            can_elevate=False,
            repository="",
            drives=tuple(self._drive(volume) for volume in volumes),
            earlier=earlier,
            stick=Stick(self.drives.room is not None, age),
        )

    def look(self, target: Target, watch: Watch, control: Control) -> ScanOutcome:
        """Look at a drive, and plan; nothing is changed."""
        volume = self._volume(target.drive.place if target.drive is not None else "")
        with self._mounting:
            with self.drives.to_look(volume) as place:
                looked = self._looked(volume, place, watch, control)
            return replace(looked, unfit=why_unfit(volume) or "")

    def excess(self, looked: ScanOutcome, numbers: Collection[int]) -> Excess | None:
        """Return why the mass brake would stop these steps; ``None`` if it would not."""
        planned = _planned(looked)
        return excess_among(planned.plan, planned.findings, numbers)

    def clean(self, looked: ScanOutcome, numbers: Collection[int], watch: Watch) -> Report:
        """Carry out these steps, which a person agreed to, and look again."""
        with (
            self._mounting,
            self.drives.to_clean(_planned(looked).volume) as place,
            self.drives.keeping(place) as state,
        ):
            return self._cleaned(looked, numbers, watch, place, state)

    def undo(self, session: str, watch: Watch) -> Report:
        """Put back what a clean-up removed, and return its report as it stands then."""
        with self._mounting:
            one = next((one for one in self.drives.kept(self.drives.find()) if one.session == session), None)
            if one is None:
                raise RescueError(Text("there is no such clean-up on the drives that are plugged in"), where=session)
            with self.drives.to_clean(one.volume) as place:
                return self._desktop(self._state_of(one, place), place).undo(session, watch)

    def save_page(self, report: Report, language: str) -> str:
        """Write a report as a page onto the drive that it is about, where its owner finds it in Windows.

        Raises:
            RescueError: the drive must not be written to.
        """
        volume = next((one for one in self.drives.find() if str(place_of(one)) == report.machine.root), None)
        if volume is None:
            raise RescueError(Text("the drive of this report is not plugged in any more"))
        with self._mounting, self.drives.to_clean(volume) as place:
            path = self._desktop(self.drives.state).write_page(report, place, language)
        return f"{_name(volume)}: {path.name}"

    def offer(self, report: Report) -> Offer:
        """Return what would be sent of a report."""
        return self._desktop(self.drives.state).offer(report)

    def is_correction_due(self, report: Report) -> bool:
        """Return whether a centre has, or may have, an earlier state of a report."""
        return self._desktop(self.drives.state).is_correction_due(report)

    def send(self, offer: Offer) -> Receipt:
        """Send what a person saw and agreed to."""
        return self._desktop(self.drives.state).send(offer)

    def update(self) -> Updated:
        """Fetch the newest signed packs."""
        return self._desktop(self.drives.state).update()

    def upgrade(self, upgrade: Upgrade, watch: Watch) -> Upgraded:
        """Put a newer version of the tool in place."""
        return self._desktop(self.drives.state).upgrade(upgrade, watch)

    def start_anew(self, upgraded: Upgraded, language: str) -> bool:
        """Start the window of a newer version; whether it will come."""
        return self._desktop(self.drives.state).start_anew(upgraded, language)

    def purge(self) -> int:
        """Delete all sealed files on the stick for good, and return of how many clean-ups."""
        return self._desktop(self.drives.state).purge()

    def restart(self) -> bool:
        """Ask the machine to restart; whether it agreed."""
        return self.power("reboot")

    def switch_off(self) -> bool:
        """Ask the machine to switch itself off; whether it agreed."""
        return self.power("poweroff")

    def elevate(self, language: str) -> bool:
        """Start the window again as administrator, which it is here already; whether it will come."""
        return self._desktop(self.drives.state).elevate(language)

    def licences(self) -> str:
        """Return the licences of all parts of the tool."""
        return self._desktop(self.drives.state).licences()

    def _desktop(self, state: Path, place: Path | None = None) -> Desktop:
        system = system_of(place) if place is not None else None
        return Desktop(state, root=place, language=self.language, system=system, jobs=os.cpu_count() or 1)

    def _looked(self, volume: Volume, place: Path, watch: Watch, control: Control) -> ScanOutcome:
        """Look at a mounted drive, and keep nothing that holds it open."""
        looked = self._desktop(self.drives.state, place).look(Target("full"), watch, control)
        handle = handle_of(looked)
        return replace(looked, handle=_Planned(volume, handle.plan, handle.scan.findings))

    def _cleaned(self, looked: ScanOutcome, numbers: Collection[int], watch: Watch, place: Path, state: Path) -> Report:
        """Look at a drive that can be written to now, and do what was agreed to, if that still is the plan."""

        def watch_before(course: ScanProgress) -> None:
            watch(replace(course, is_before=True))

        desktop = self._desktop(state, place)
        again = self._desktop(self.drives.state, place).look(Target("full"), watch_before, Control())
        return desktop.clean(again, _same_steps(looked, numbers, again), watch)

    def _earlier(self, volumes: tuple[Volume, ...]) -> Earlier | None:
        """Return the last clean-up of the drives that are plugged in, and what the stick holds sealed."""
        with suppress(QuetsachError, OSError):
            last = next(reversed(list(self.drives.kept(volumes))), None)
            if last is None:
                return None
            unfit = why_unfit(last.volume) or ""
            name = _name(last.volume)
            state = State.existing(self.drives.room) if self.drives.room is not None else None
            held = summaries(state) if state is not None else ()
            items, size = sum(one.items for one in held), sum(one.size_bytes for one in held)
            return Earlier(last.session, last.started, True, items, size, drive=name, unfit=unfit)
        return None

    def _state_of(self, kept: Kept, place: Path) -> Path:
        return place / kept.folder if kept.folder else self.drives.state

    def _volume(self, place: str) -> Volume:
        volume = next((one for one in self.drives.find() if one.path == place), None)
        if volume is None:
            raise RescueError(Text("the drive is not plugged in any more"), where=place)
        return volume

    def _drive(self, volume: Volume) -> Drive:
        kind = KINDS[volume.kind].in_language(self.language)
        size = size_text(volume.size_bytes, self.language)
        about = " · ".join(filter(None, ("" if volume.is_locked else kind, size, shown(volume.disk))))
        return Drive(volume.path, _name(volume), about, volume.is_locked)


def _name(volume: Volume) -> str:
    """Return how people know a drive: by its name, and by how this system calls it."""
    return f"{shown(volume.name)} ({volume.path})" if volume.name else volume.path


def _planned(looked: ScanOutcome) -> _Planned:
    if not isinstance(looked.handle, _Planned):
        raise TypeError(looked.handle)
    return looked.handle


def _same_steps(looked: ScanOutcome, numbers: Collection[int], again: ScanOutcome) -> frozenset[int]:
    """Return the numbers, in a plan that was made anew, of the steps that a person agreed to.

    Raises:
        RescueError: not all of them are in it, so it is not what the person saw.
    """
    shown_steps = looked.plan.steps if looked.plan is not None else ()
    agreed = [_act(step) for step in shown_steps if step.number in numbers]
    known = {_act(step): step.number for step in (again.plan.steps if again.plan is not None else ())}
    if not agreed or any(act not in known for act in agreed):
        raise RescueError(Text("the drive is not as it was when it was scanned"), hint=Text("scan it again"))
    return frozenset(known[act] for act in agreed)


def _act(step: ReportedStep) -> ReportedStep:
    """Return what a step does, without what only counts it."""
    return replace(step, number=0, findings=(), note="")
