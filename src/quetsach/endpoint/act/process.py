"""Ending processes. Nothing starts them again."""

import os
from contextlib import suppress
from dataclasses import dataclass

from quetsach.endpoint.act.shape import Facts, GoneError, Workplace
from quetsach.endpoint.artefact import ProcessAnchor
from quetsach.endpoint.errors import EndpointError, QuarantineError
from quetsach.endpoint.host.disk import LARGEST_BYTES, fstat, hash_file
from quetsach.endpoint.host.process import Processes, ProcessState
from quetsach.endpoint.keep.quarantine import seal
from quetsach.endpoint.keep.session import Progress
from quetsach.endpoint.plan.step import KillProcess, Outcome, Step


@dataclass(frozen=True, slots=True)
class ProcessAct:
    """Ends exactly one process; the image of a deleted file is sealed first, for no other copy may be left."""

    def look(self, where: Workplace, step: Step) -> Facts:
        """Return nothing: the plan says all; a process that ended is gone."""
        if _processes(where).state(_anchor(step)) is ProcessState.DEAD:
            raise GoneError("the process has ended")
        return {}

    def do(self, where: Workplace, step: Step, before: Facts) -> Facts:  # noqa: ARG002  (one shape for all)
        """Seal a deleted image, then kill."""
        anchor = _anchor(step)
        if where.host.is_live and not where.session.is_same_boot:
            raise GoneError("the machine was started again since")
        image = _has_image(where, step)
        if anchor.deleted and not image:
            with suppress(ProcessLookupError, FileNotFoundError):  # of Windows, none can be opened any more
                image = _seal_image(where, step, anchor)
        if not _processes(where).kill(anchor):
            raise EndpointError("the process does not end", hint="start the machine again")
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
        raise GoneError("this system is not running")
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
