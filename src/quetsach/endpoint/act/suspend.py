"""Stopping all processes of a family before anything else is done: they would revive each other."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

from quetsach.endpoint.act.shape import Workplace
from quetsach.endpoint.host.process import Process, Processes
from quetsach.endpoint.keep.session import Progress
from quetsach.endpoint.plan.protect import Protection
from quetsach.endpoint.plan.step import KillProcess, Outcome, QuarantineFile, Step

_MAX_ROUNDS = 10
_MAX_NEWCOMERS = 500

type _Image = tuple[int, int]
"""Device and inode of the file that a process runs."""


def suspend_family(where: Workplace, protection: Protection) -> None:
    """Stop every process that is to be ended.

    Processes that were born since the scan, from a file that is to be removed or as the twin of one that was found,
    get their own step and are stopped too, until no new ones appear.
    """
    processes = where.host.processes
    if processes is None:
        return
    for _ in range(_MAX_ROUNDS):
        likeness = _Likeness.of(where, processes)  # asked before they are stopped, while they can be read
        for progress, target in _kills(where):
            if progress.outcome is None:
                with suppress(OSError):  # its own step will say so
                    processes.suspend(target.process)
        newcomers = list(_newcomers(where, processes, likeness, protection))
        for process, model in newcomers[:_MAX_NEWCOMERS]:
            number = max(where.session.progress) + 1
            target = KillProcess(process.anchor)
            where.session.add_step(Step(number, target, model.family, (), model.why, model.evidence))
        if not newcomers:
            return


def resume_survivors(where: Workplace) -> None:
    """Let processes go on that were suspended and not ended, such as when their step failed."""
    processes = where.host.processes
    if processes is None or not where.session.is_same_boot:
        return
    for progress, target in _kills(where):
        if progress.outcome not in (Outcome.DONE, Outcome.GONE):
            with suppress(OSError):
                processes.resume(target.process)


@dataclass(frozen=True, slots=True)
class _Likeness:
    """By what a process of the family is known, each with the step it resembles.

    ``standing``: images that are to be removed. ``gone``: images that were removed; a new file may have their number,
    so they count only while the process says that its file was deleted. ``twins``: image and arguments of those found.
    """

    standing: Mapping[_Image, Step]
    gone: Mapping[_Image, Step]
    twins: Mapping[tuple[_Image, tuple[bytes, ...]], Step]

    @classmethod
    def of(cls, where: Workplace, processes: Processes) -> Self:
        files: dict[bool, dict[_Image, Step]] = {True: {}, False: {}}
        for progress in where.session.progress.values():
            if isinstance(target := progress.step.target, QuarantineFile):
                files[progress.outcome is None][target.file.device, target.file.inode] = progress.step
        twins: dict[tuple[_Image, tuple[bytes, ...]], Step] = {}
        for progress, target in _kills(where):
            process = processes.read(target.process.pid)
            image = processes.image_identity(target.process)
            if process is not None and image is not None:
                twins[image, process.arguments] = progress.step
        return cls(files[True], files[False], twins)

    def model(self, process: Process, image: _Image) -> Step | None:
        """Return the step that a process resembles."""
        former = self.gone.get(image) if process.is_deleted else None
        return self.standing.get(image) or former or self.twins.get((image, process.arguments))


def _newcomers(
    where: Workplace, processes: Processes, likeness: _Likeness, protection: Protection
) -> Iterator[tuple[Process, Step]]:
    """Yield processes of the family that have no step yet."""
    known = {(target.process.pid, target.process.start_ticks) for _, target in _kills(where)}
    for process in processes:
        if (process.pid, process.anchor.start_ticks) in known or protection.holds_process(process.anchor):
            continue
        image = processes.image_identity(process.anchor)
        if image is not None and (model := likeness.model(process, image)) is not None:
            yield process, model


def _kills(where: Workplace) -> list[tuple[Progress, KillProcess]]:
    steps = where.session.progress.values()
    return [(progress, target) for progress in steps if isinstance(target := progress.step.target, KillProcess)]
