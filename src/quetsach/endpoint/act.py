"""Carrying out steps and undoing them, one at a time, each with its record before and after."""

import errno
import os
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass

from quetsach.endpoint.acts import ACTS
from quetsach.endpoint.acts.shape import ChangedError, GoneError, Workplace
from quetsach.endpoint.artefact import printable
from quetsach.endpoint.errors import EndpointError, JournalError
from quetsach.endpoint.host.processes import Process, Processes
from quetsach.endpoint.protect import Protection
from quetsach.endpoint.session import Progress
from quetsach.endpoint.step import KillProcess, Outcome, QuarantineFile, Step

_GONE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ESRCH})
_CHANGED = frozenset({errno.ELOOP, errno.EINVAL, errno.ESTALE})
_MAX_ROUNDS = 10
_MAX_NEWCOMERS = 500


@dataclass(frozen=True, slots=True)
class StepResult:
    """How a step, or the undoing of one, ended. ``note`` is for people, already printable."""

    step: Step
    outcome: Outcome
    note: str = ""


def carry_out(where: Workplace, number: int) -> StepResult:
    """Do a step, or what a crash left of it; what fails is recorded and reported, and the next step can go on."""
    session = where.session
    progress = session.progress[number]
    if progress.outcome is not None:
        return StepResult(progress.step, progress.outcome, progress.note)
    act = ACTS[type(progress.step.target)]
    try:
        before = progress.before
        if before is None:
            before = act.look(where, progress.step)
            session.begin(number, before)
        after = act.do(where, progress.step, before)
    except (OSError, EndpointError) as error:
        outcome, note = _failure(error)
        session.end(number, outcome, note=note)
    else:
        session.end(number, Outcome.DONE, note=str(after.get("note", "")), after=after)
    done = session.progress[number]
    return StepResult(done.step, done.outcome or Outcome.FAILED, done.note)


def take_back(where: Workplace, number: int) -> StepResult:
    """Undo a step, or what a crash left to undo of it."""
    session = where.session
    progress = session.progress[number]
    act = ACTS[type(progress.step.target)]
    try:
        decision = progress.undo if progress.is_undo_in_flight else None
        if decision is None:
            decision = act.look_back(where, progress)
            session.begin_undo(number, decision)
        outcome, note = act.undo(where, progress, decision)
    except (OSError, EndpointError) as error:
        _, note = _failure(error)
        outcome = Outcome.FAILED
    session.end_undo(number, outcome, note=note)
    return StepResult(progress.step, outcome, note)


def _failure(error: OSError | EndpointError) -> tuple[Outcome, str]:
    """Return what an error means for a step. A damaged journal ends everything."""
    if isinstance(error, JournalError):
        raise error
    if isinstance(error, OSError):
        note = printable(os.fsencode(os.strerror(error.errno))) if error.errno else "the system refused"
        if error.errno in _GONE:
            return Outcome.GONE, note
        return (Outcome.CHANGED if error.errno in _CHANGED else Outcome.FAILED), note
    note = error.explain().replace("\n", "; ")
    if isinstance(error, GoneError):
        return Outcome.GONE, note
    return (Outcome.CHANGED if isinstance(error, ChangedError) else Outcome.FAILED), note


def suspend_family(where: Workplace, protection: Protection) -> None:
    """Stop every process that is to be ended, before anything else: they would revive each other.

    Processes that were born since the scan, from the same image with the same arguments or from a file that is to be
    removed, get their own step and are stopped too, until no new ones appear.
    """
    processes = where.host.processes
    if processes is None:
        return
    for _ in range(_MAX_ROUNDS):
        targets = _kill_targets(where)
        known = [found for pid, _ in targets if (found := processes.read(pid)) is not None]
        for progress in _pending_kills(where):
            if isinstance(progress.step.target, KillProcess):
                processes.suspend(progress.step.target.process)
        newcomers = _newcomers(where, processes, known, protection)
        if not newcomers:
            return
        for process, model in newcomers[:_MAX_NEWCOMERS]:
            number = max(where.session.progress) + 1
            where.session.add_step(
                Step(number, KillProcess(process.anchor), model.family, (), model.why, model.evidence)
            )


def resume_survivors(where: Workplace) -> None:
    """Let processes go on that were suspended and not ended, such as when a step before them failed."""
    processes = where.host.processes
    if processes is None or not where.session.is_same_boot:
        return
    for progress in where.session.progress.values():
        target = progress.step.target
        if isinstance(target, KillProcess) and progress.outcome not in (Outcome.DONE, Outcome.GONE):
            with suppress(OSError):
                processes.resume(target.process)


def restart_is_needed(where: Workplace, results: Collection[StepResult]) -> bool:
    """Return whether running programs, but for this one, still hold a removed file, such as a preloaded library."""
    processes = where.host.processes
    removed = {r.step.subject for r in results if isinstance(r.step.target, QuarantineFile)}
    if processes is None or not removed:
        return False
    others = (process.pid for process in processes if process.pid != os.getpid())
    return any(not removed.isdisjoint(processes.mapped_deleted(pid)) for pid in others)


def run_all(where: Workplace, advance: Callable[[Step], None]) -> tuple[StepResult, ...]:
    """Carry out every step in order; ``advance`` is called before each."""
    results = []
    for number in sorted(where.session.progress):
        advance(where.session.progress[number].step)
        results.append(carry_out(where, number))
    return tuple(results)


def _pending_kills(where: Workplace) -> list[Progress]:
    kills = (p for p in where.session.progress.values() if isinstance(p.step.target, KillProcess))
    return [progress for progress in kills if progress.outcome is None]


def _kill_targets(where: Workplace) -> set[tuple[int, int]]:
    targets = (progress.step.target for progress in where.session.progress.values())
    return {(t.process.pid, t.process.start_ticks) for t in targets if isinstance(t, KillProcess)}


def _newcomers(
    where: Workplace, processes: Processes, known: list[Process], protection: Protection
) -> list[tuple[Process, Step]]:
    """Return processes of the family that have no step yet, each with the step it resembles."""
    targets = _kill_targets(where)
    steps = [progress.step for progress in where.session.progress.values()]
    removed = {step.subject: step for step in steps if isinstance(step.target, QuarantineFile)}
    ended = {step.target.process.pid: step for step in steps if isinstance(step.target, KillProcess)}
    twins = {(p.executable, p.arguments): ended[p.pid] for p in known if p.pid in ended}
    found = []
    for process in processes:
        if (process.pid, process.anchor.start_ticks) in targets or protection.holds_process(process.anchor):
            continue
        model = removed.get(process.executable) or twins.get((process.executable, process.arguments))
        if model is not None:
            found.append((process, model))
    return found
