"""Steps while findings are still joined to them: one a file, one a hive, one a key of what runs."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from quetsach.core.pack import Action
from quetsach.endpoint.artefact import FileAnchor, Finding, LineAnchor, anchor_of
from quetsach.endpoint.host.disk import fstat, hash_file
from quetsach.endpoint.host.registry import DeleteKey, folded
from quetsach.endpoint.host.tree import Tree
from quetsach.endpoint.plan.protection import SkipReason
from quetsach.endpoint.plan.step import (
    EditRegistry,
    QuarantineFile,
    RemoveLines,
    Step,
    Target,
    TruncateFile,
)
from quetsach.endpoint.plan.windows import HiveEditRequest, Wish, leaves_empty, settled, size_of


@dataclass(slots=True)
class _Draft:
    """A step that is not numbered yet."""

    step: Step
    findings: dict[str, Finding] = field(default_factory=dict)
    lines: dict[int, LineAnchor] = field(default_factory=dict)
    wishes: list[Wish] = field(default_factory=list)
    wished_bytes: int = 0
    hive: bytes | None = None

    def finished(self) -> Step:
        target = self.step.target
        if isinstance(target, RemoveLines):
            target = RemoveLines(target.file, tuple(self.lines[number] for number in sorted(self.lines)))
        return replace(self.step, target=target, findings=tuple(self.findings))


MAX_REQUESTED_BYTES = 4 << 20
"""So much is edited in one hive at once; a journal record, in which it has to fit, takes four times that."""


class Drafts:
    """All steps of a plan in the making."""

    def __init__(self) -> None:
        self._drafts: dict[object, _Draft] = {}
        self._refused: list[tuple[Finding, SkipReason]] = []

    def add(self, target: Target | HiveEditRequest, finding: Finding, package: str) -> None:
        """Add a target, or join it with what is already planned for the same thing."""
        key: object = target
        if isinstance(target, QuarantineFile | RemoveLines | TruncateFile):
            key = (type(target), target.file.path)
        elif isinstance(target, HiveEditRequest):
            key = (EditRegistry, target.hive or folded(target.wish.key))
        first = EditRegistry(None, ()) if isinstance(target, HiveEditRequest) else target
        step = Step(0, first, finding.family, (), finding.why, finding.evidence, package)
        draft = self._drafts.setdefault(key, _Draft(step))
        if isinstance(target, HiveEditRequest):
            if draft.wished_bytes + size_of(target.wish) > MAX_REQUESTED_BYTES:
                self._refused.append((finding, SkipReason.UNREACHABLE))
                return
            if finding.action is Action.REMOVE_ENTRY and leaves_empty([*draft.wishes, target.wish]):
                self._refused.append((finding, SkipReason.SYSTEM))
                return
        draft.findings[finding.id] = finding
        if isinstance(target, RemoveLines):
            draft.lines |= {line.number: line for line in target.lines}
        elif isinstance(target, TruncateFile) and isinstance(draft.step.target, TruncateFile):
            cut = min(target.size_bytes, draft.step.target.size_bytes)  # what two rules found: the first begins it
            draft.step = replace(draft.step, target=replace(target, size_bytes=cut))
        elif isinstance(target, HiveEditRequest):
            draft.wishes.append(target.wish)
            draft.wished_bytes += size_of(target.wish)
            draft.hive = target.hive

    def take_along(self, archive: bytes, member: Finding) -> bool:
        """Let what lies in an archive go with it; ``False`` when the archive stays."""
        draft = self._drafts.get((QuarantineFile, archive))
        if draft is not None:
            draft.findings[member.id] = member
        return draft is not None

    def finished(self, tree: Tree) -> tuple[list[Step], list[tuple[Finding, SkipReason]]]:
        """Return the steps, and what is left alone after all.

        That is a finding whose hive cannot be read any more or would be edited beyond measure, and the last entry of a
        list that the system needs.
        """
        self._join_what_goes_with_keys()
        steps: dict[object, Step] = {}
        lost = list(self._refused)
        for key, draft in self._drafts.items():
            if draft.wishes:
                file = _hive_file(tree, draft.hive) if draft.hive is not None else None
                if draft.hive is not None and file is None:
                    lost.extend((finding, SkipReason.UNREACHABLE) for finding in draft.findings.values())
                    continue
                edits = settled(draft.wishes)
                if not edits:  # a list that the system needs would be left empty
                    lost.extend((finding, SkipReason.SYSTEM) for finding in draft.findings.values())
                    continue
                draft.step = replace(draft.step, target=EditRegistry(file, edits))
            elif isinstance(draft.step.target, EditRegistry):
                continue  # all that was wished of it was refused
            steps[key] = draft.finished()
        _drop_edits_of_removed_files(steps)
        return list(steps.values()), _not_in(steps.values(), lost)

    def _join_what_goes_with_keys(self) -> None:
        """Leave out edits of a running registry that lie in a key that goes; their findings stay with that key's."""
        loaded = {key: draft for key, draft in self._drafts.items() if draft.wishes and draft.hive is None}
        going = {folded(w.key): draft for draft in loaded.values() for w in draft.wishes if isinstance(w, DeleteKey)}
        for key, draft in loaded.items():
            place = folded(draft.wishes[0].key)
            above = next((going[top] for top in sorted(going) if place.startswith(f"{top}\\")), None)
            if above is not None:
                above.findings |= draft.findings
                del self._drafts[key]


def _not_in(steps: Iterable[Step], lost: Iterable[tuple[Finding, SkipReason]]) -> list[tuple[Finding, SkipReason]]:
    kept = {finding for step in steps for finding in step.findings}
    return [(finding, hold) for finding, hold in lost if finding.id not in kept]


def _hive_file(tree: Tree, path: bytes) -> FileAnchor | None:
    try:
        real = tree.resolve(path)
        fd = tree.open_read(real)
    except OSError:
        return None
    try:
        return anchor_of(real, fstat(fd), hash_file(fd))
    finally:
        os.close(fd)


def _drop_edits_of_removed_files(steps: dict[object, Step]) -> None:
    """Leave out edits of files that go as a whole, and lines of what is cut off; their findings stay with the other."""
    for kind, stronger in ((TruncateFile, QuarantineFile), (RemoveLines, QuarantineFile), (RemoveLines, TruncateFile)):
        for key, step in list(steps.items()):
            if not isinstance(step.target, kind):
                continue
            whole = (stronger, step.target.file.path)
            if whole in steps:
                joined = dict.fromkeys((*steps[whole].findings, *step.findings))
                steps[whole] = replace(steps[whole], findings=tuple(joined))
                del steps[key]
