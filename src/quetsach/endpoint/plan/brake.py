"""The mass brake: a plan that would act on very much is likelier a bad rule, or a file infector, than a clean-up.

It counts what is acted on, never what lies beside it: a worm on a memory stick is the same worm with 20 photographs or
20,000. A person who has seen the plan may release it (ADR 0090).
"""

from collections import Counter
from collections.abc import Iterable, Iterator

from quetsach.core.pack import ArtefactKind
from quetsach.endpoint.errors import MassBrakeError
from quetsach.endpoint.finding import Finding
from quetsach.endpoint.plan.plan import Plan
from quetsach.endpoint.plan.step import EditRegistry, KillProcess, RemoveLink, Step, TruncateFile, file_of

MAX_FILES = 200
"""More files than this are never acted on in one go without a person's word."""

MAX_FILES_OF_A_SIGN = 25
"""Nor more that go as a whole because of one and the same sign, found by content or name wherever they lie: a rule that
is wrong about people's documents or programs is wrong about many of them. What is found where programs are started
from (shortcuts at the top of a stick, units, tables of jobs) is no document, and counts among all files only."""

MAX_CUTS = 1_000
"""Files of which only the end is cut off are counted by themselves: the file and its beginning stay, and a worm that
appends to pages does so to all of them, so that ``MAX_FILES`` does not tell it from a wrong rule."""

MAX_EDITS = 150
"""More changes of the registry than this are never made in one go; many times what a recipe has made so far."""

MAX_PROGRAMS = 40
"""Nor are the processes of more programs ended: a rule that knows so many of them knows none."""

_HINT = "look at each item of the plan; this is either a file infector or a wrong rule"


def check_brake(plan: Plan, findings: Iterable[Finding]) -> None:
    """Refuse a plan that acts on too much: files and links, ends of files, the registry, or running programs.

    Args:
        plan: what would be done.
        findings: what it is about.

    Raises:
        MassBrakeError: it does; without a person's word the command ends with exit code 20 and nothing is touched.
    """
    files = len({step.subject for step in plan.steps if _takes_file(step) or isinstance(step.target, RemoveLink)})
    if files > MAX_FILES:
        raise MassBrakeError(f"the plan would act on {files} files; nothing was touched", "files", files, hint=_HINT)
    for family, count in _files_by_sign(plan, findings):
        if count > MAX_FILES_OF_A_SIGN:
            what = f"one sign of {family} would take {count} files; nothing was touched"
            raise MassBrakeError(what, "sign", count, family=family, hint=_HINT)
    cuts = sum(is_cut(step) for step in plan.steps)
    if cuts > MAX_CUTS:
        what = f"the plan would cut the end off {cuts} files; nothing was touched"
        raise MassBrakeError(what, "cuts", cuts, hint=_HINT)
    edits = sum(len(step.target.edits) for step in plan.steps if isinstance(step.target, EditRegistry))
    if edits > MAX_EDITS:
        what = f"the plan would make {edits} changes of the registry; nothing was touched"
        raise MassBrakeError(what, "registry", edits, hint=_HINT)
    programs = len({step.subject for step in plan.steps if isinstance(step.target, KillProcess)})
    if programs > MAX_PROGRAMS:
        what = f"the plan would end processes of {programs} programs; nothing was touched"
        raise MassBrakeError(what, "programs", programs, hint=_HINT)


def is_cut(step: Step) -> bool:
    """Return whether a step cuts the end off a file of which something stays."""
    return isinstance(step.target, TruncateFile) and step.target.size_bytes > 0


def _takes_file(step: Step) -> bool:
    return file_of(step.target) is not None and not is_cut(step)


def _files_by_sign(plan: Plan, findings: Iterable[Finding]) -> Iterator[tuple[str, int]]:
    """Yield how many files go because of each sign, with its family, the most first."""
    signs = {one.id: (one.family, one.trait) for one in findings if one.artefact.kind is ArtefactKind.FILE}
    taken = {
        (signs[finding], step.subject)
        for step in plan.steps
        if _takes_file(step)
        for finding in step.findings
        if finding in signs
    }
    yield from ((family, count) for (family, _), count in Counter(sign for sign, _ in taken).most_common())
