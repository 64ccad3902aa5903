"""Cutting off what a file infector appended to a text, such as a script behind the end of a page."""

from hashlib import sha256

from quetsach.endpoint.act.rewrite import RewriteAct
from quetsach.endpoint.act.shape import ChangedError, Facts, Workplace
from quetsach.endpoint.host.disk import fstat, parts_of, write_all
from quetsach.endpoint.keep.session import Progress
from quetsach.endpoint.plan.step import Step, TruncateFile


class TruncateAct(RewriteAct):
    """Keeps the beginning of a file; one that would be empty goes as a whole."""

    def prepare(self, where: Workplace, step: Step, source: int) -> Facts:  # noqa: ARG002  (one shape for all)
        """Return the hash of what stays."""
        size = _size(step)
        if fstat(source).st_size < size:
            raise ChangedError("the file is shorter than where it was to be cut")
        kept = sha256()
        for part in parts_of(source, size):
            kept.update(part)
        return {"edited_sha256": kept.hexdigest(), "whole": size == 0}

    def write(self, where: Workplace, step: Step, source: int, target: int) -> None:  # noqa: ARG002
        """Write what stays."""
        for part in parts_of(source, _size(step)):
            write_all(target, part)

    def prepare_return(self, where: Workplace, progress: Progress, source: int) -> Facts | None:  # noqa: ARG002
        """Say that it cannot be: the end of one text is not put behind another; the original goes beside it."""
        return None

    def write_return(self, where: Workplace, progress: Progress, source: int, target: int) -> None:  # noqa: ARG002
        """Refuse: ``prepare_return`` never decides for it."""
        raise ChangedError("the file was changed meanwhile")


def _size(step: Step) -> int:
    assert isinstance(step.target, TruncateFile)  # noqa: S101  (the table of acts decides)
    return step.target.size_bytes
