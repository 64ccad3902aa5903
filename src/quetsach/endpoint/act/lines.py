"""Removal of lines from text files, and putting them back."""

from hashlib import sha256

from quetsach.endpoint.act.line_edit import reinsert_lines, remove_lines
from quetsach.endpoint.act.rewrite import RewriteAct
from quetsach.endpoint.act.shape import ChangedError, Facts, Workplace
from quetsach.endpoint.errors import EndpointError
from quetsach.endpoint.host.disk import fstat, read_at, write_all
from quetsach.endpoint.keep.session import Progress
from quetsach.endpoint.plan.foundation import is_foundation
from quetsach.endpoint.plan.step import RemoveLines, Step

MAX_TEXT_BYTES = 16 << 20
"""Larger files are not edited: no table of jobs, keys or start-up commands is."""


class LinesAct(RewriteAct):
    """Takes lines out of a text file; a file in which nothing but blank lines would be left goes as a whole."""

    def prepare(self, where: Workplace, step: Step, source: int) -> Facts:
        """Return the hash of the text without the lines."""
        edited = _edit(_content(source), step)
        is_needed = is_foundation(step.subject, where.host.platform)  # an empty table of hosts, but never none
        return {"edited_sha256": sha256(edited).hexdigest(), "whole": not edited.strip() and not is_needed}

    def write(self, where: Workplace, step: Step, source: int, target: int) -> None:  # noqa: ARG002  (one shape for all)
        """Write the text without the lines."""
        write_all(target, _edit(_content(source), step))

    def prepare_return(self, where: Workplace, progress: Progress, source: int) -> Facts | None:
        """Return the hash of the text as it is now with the lines in it, if their place is beyond doubt."""
        merged = _merge(where, progress, source)
        return None if merged is None else {"sha256": sha256(merged).hexdigest()}

    def write_return(self, where: Workplace, progress: Progress, source: int, target: int) -> None:
        """Write the text as it is now with the lines in it."""
        merged = _merge(where, progress, source)
        if merged is None:
            raise ChangedError("the file was changed meanwhile")
        write_all(target, merged)


def _lines(step: Step) -> dict[int, bytes]:
    assert isinstance(step.target, RemoveLines)  # noqa: S101  (the table of acts decides)
    return {line.number: line.line for line in step.target.lines}


def _edit(content: bytes, step: Step) -> bytes:
    edited = remove_lines(content, _lines(step))
    if edited is None:
        raise ChangedError("the line is not where the scan saw it")
    return edited


def _merge(where: Workplace, progress: Progress, source: int) -> bytes | None:
    if fstat(source).st_size > MAX_TEXT_BYTES:
        return None
    original = where.sealed(progress.step.number).content(MAX_TEXT_BYTES)
    return reinsert_lines(_content(source), original, _lines(progress.step).keys())


def _content(source: int) -> bytes:
    content = b""
    while part := read_at(source, MAX_TEXT_BYTES + 1 - len(content), len(content)):
        content += part
    if len(content) > MAX_TEXT_BYTES:
        raise EndpointError("the file is too large to be edited")
    return content
