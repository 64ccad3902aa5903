"""Stopping processes, those of a family together, and units of a service manager. Nothing starts them again."""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

from quetsach.core.text import Text
from quetsach.endpoint import EndpointError, QuarantineError
from quetsach.endpoint.act.act import Facts, GoneError, Workplace
from quetsach.endpoint.artefact import ProcessAnchor
from quetsach.endpoint.host.disk import LARGEST_BYTES, fstat, hash_file
from quetsach.endpoint.host.process import Process, Processes, ProcessState
from quetsach.endpoint.plan.protection import Protection
from quetsach.endpoint.plan.step import KillProcess, Outcome, QuarantineFile, Step, StopUnit
from quetsach.endpoint.store.quarantine import seal
from quetsach.endpoint.store.session import Progress

# Ending processes. Nothing starts them again.


@dataclass(frozen=True, slots=True)
class ProcessAct:
    """Ends exactly one process; the image of a deleted file is sealed first, for no other copy may be left."""

    def look(self, where: Workplace, step: Step) -> Facts:
        """Return nothing: the plan says all; a process that ended is gone."""
        if _processes(where).state(_anchor(step)) is ProcessState.DEAD:
            raise GoneError(Text("the process has ended"))
        return {}

    def do(self, where: Workplace, step: Step, before: Facts) -> Facts:  # noqa: ARG002  (one shape for all)
        """Seal a deleted image, then kill."""
        anchor = _anchor(step)
        if where.host.is_live and not where.session.is_same_boot:
            raise GoneError(Text("the machine was started again since"))
        image = _has_image(where, step)
        if anchor.deleted and not image:
            with suppress(ProcessLookupError, FileNotFoundError):  # of Windows, none can be opened any more
                image = _seal_image(where, step, anchor)
        if not _processes(where).kill(anchor):
            raise EndpointError(Text("the process does not end"), hint=Text("start the machine again"))
        return {
            "image": image,
            **({"note": "the program's file was deleted before; its image is sealed"} if image else {}),
        }

    def look_back(self, where: Workplace, progress: Progress) -> Facts:  # noqa: ARG002
        """Decide nothing."""
        return {}

    def undo(self, where: Workplace, progress: Progress, decision: Facts) -> tuple[Outcome, str]:  # noqa: ARG002
        """Keep things as they are: a process cannot be brought back, and its deleted file was in no folder."""
        note = "an ended process is not started again"
        if (progress.after or {}).get("image"):
            item = f"{where.session.identifier} {progress.step.number}"
            note += f"; its image is taken out with: quetsach quarantine restore {item} --to FILE"
        return Outcome.KEPT, note


def _anchor(step: Step) -> ProcessAnchor:
    assert isinstance(step.target, KillProcess)  # noqa: S101  (the table of acts decides)
    return step.target.process


def _processes(where: Workplace) -> Processes:
    if where.host.processes is None:
        raise GoneError(Text("this system is not running"))
    return where.host.processes


def _has_image(where: Workplace, step: Step) -> bool:
    try:
        where.sealed(step.number)
    except QuarantineError:
        return False
    return True


def _seal_image(where: Workplace, step: Step, anchor: ProcessAnchor) -> bool:
    """Seal the image; ``False`` when it is so large, mostly holes then, that it is only there to keep us busy."""
    fd = _processes(where).open_image(anchor)
    try:
        if fstat(fd).st_size > LARGEST_BYTES:
            return False
        record = where.record(step, anchor.executable, where.files.state(fd), hash_file(fd))
        seal(fd, record, where.session.container(step.number), where.session.key)
    finally:
        os.close(fd)
    return True


# Stopping all processes of a family before anything else is done: they would revive each other.

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


# Stopping units of a running service manager. Undo does not start them again.


@dataclass(frozen=True, slots=True)
class UnitAct:
    """Stops a unit and has the service manager forget the files that were removed."""

    def look(self, where: Workplace, step: Step) -> Facts:
        """Return whether the unit is active."""
        if where.host.services is None:
            raise GoneError(Text("there is no running service manager"))
        return {"active": where.host.services.is_active(_unit(step))}

    def do(self, where: Workplace, step: Step, before: Facts) -> Facts:  # noqa: ARG002  (one shape for all)
        """Stop it and read its state again."""
        services = where.host.services
        if services is None:
            raise GoneError(Text("there is no running service manager"))
        is_stopped = services.stop(_unit(step))
        services.reload()
        if not is_stopped:
            raise EndpointError(Text("the service manager did not stop the unit"), hint=Text("start the machine again"))
        return {}

    def look_back(self, where: Workplace, progress: Progress) -> Facts:  # noqa: ARG002
        """Decide nothing."""
        return {}

    def undo(self, where: Workplace, progress: Progress, decision: Facts) -> tuple[Outcome, str]:  # noqa: ARG002
        """Keep the unit stopped."""
        return Outcome.KEPT, "a stopped unit is not started again"


def _unit(step: Step) -> bytes:
    assert isinstance(step.target, StopUnit)  # noqa: S101  (the table of acts decides)
    return step.target.unit
