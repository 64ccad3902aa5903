"""The mass brake: a plan that would act on very much is likelier a bad rule, or a file infector, than a clean-up."""

from quetsach.endpoint.errors import MassBrakeError
from quetsach.endpoint.plan.plan import Plan
from quetsach.endpoint.plan.step import EditRegistry, KillProcess, RemoveLink, Step, TruncateFile, file_of

MAX_FILES = 200
"""More files than this are never acted on in one go."""

MAX_SHARE = 0.005
"""Nor more than this share of the files looked at …"""

MIN_FILES = 25
"""… once there are so many: on a small tree one find is a large share."""

MAX_CUTS = 1_000
"""Files of which only the end is cut off are counted by themselves: the file and its beginning stay, and a worm that
appends to pages does so to all of them, so that neither ``MAX_FILES`` nor a share tells it from a wrong rule."""

MAX_EDITS = 150
"""More changes of the registry than this are never made in one go; many times what a recipe has made so far."""

MAX_PROGRAMS = 40
"""Nor are the processes of more programs ended: a rule that knows so many of them knows none."""

_HINT_OF_CUTS = "scan quickly first, which removes what runs; then clean one folder after another"
_HINT = "this is either a file infector or a wrong rule: send the report to the centre before anything else"


def check_brake(plan: Plan, files_scanned: int) -> None:
    """Refuse a plan that acts on too much: files and links, ends of files, the registry, or running programs.

    Args:
        plan: what would be done.
        files_scanned: how many files the scan looked at.

    Raises:
        MassBrakeError: it does; the command ends with exit code 20 and nothing was touched.
    """
    cuts = sum(is_cut(step) for step in plan.steps)
    files = sum(file_of(step.target) is not None or isinstance(step.target, RemoveLink) for step in plan.steps) - cuts
    if files > MAX_FILES or (files >= MIN_FILES and files > MAX_SHARE * files_scanned):
        raise MassBrakeError(
            f"the plan would act on {files} of {files_scanned} files; nothing was touched", files=files, hint=_HINT
        )
    if cuts > MAX_CUTS:
        raise MassBrakeError(
            f"the plan would cut the end off {cuts} files; nothing was touched",
            files=files,
            cuts=cuts,
            hint=_HINT_OF_CUTS,
        )
    edits = sum(len(step.target.edits) for step in plan.steps if isinstance(step.target, EditRegistry))
    if edits > MAX_EDITS:
        raise MassBrakeError(
            f"the plan would make {edits} changes of the registry; nothing was touched",
            files=files,
            edits=edits,
            hint=_HINT,
        )
    programs = {step.subject for step in plan.steps if isinstance(step.target, KillProcess)}
    if len(programs) > MAX_PROGRAMS:
        raise MassBrakeError(
            f"the plan would end processes of {len(programs)} programs; nothing was touched",
            files=files,
            programs=len(programs),
            hint=_HINT,
        )


def is_cut(step: Step) -> bool:
    """Return whether a step cuts the end off a file of which something stays."""
    return isinstance(step.target, TruncateFile) and step.target.size_bytes > 0
