"""Entries of the journal of a shared lake: what was committed, and in which objects it lies."""

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from quetsach.core.text import Text
from quetsach.lake import LakeError
from quetsach.lake.changes import Change
from quetsach.lake.compacted import parse_compacted
from quetsach.lake.delivery import Delivery

_FORMAT = 1
_PATH = re.compile(
    r"(?:(?:sightings|rollups)/day=\d{4}-\d\d-\d\d|quarantine|landed/[0-9a-f]{2})/[^/\x00-\x1f.][^/\x00-\x1f]{0,300}"
)
_TOKEN = re.compile(r"[0-9a-f]{32}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_FOLLOWS = re.compile(r"(?:[0-9a-f]{64})?")


@dataclass(frozen=True, slots=True)
class Held:
    """A file of the lake as the store has it."""

    path: str
    token: str
    size_bytes: int
    sha256: str

    @property
    def name(self) -> str:
        """The name of the object."""
        return f"objects/{self.path}.{self.token}"


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the journal, with the token of whoever wrote it, and the digest of the entry that it follows."""

    number: int
    token: str
    follows: str
    held: tuple[Held, ...]
    change: Change
    """Without files in a folder."""

    @property
    def content(self) -> bytes:
        """What is written."""
        change = self.change
        written = {
            "format": _FORMAT,
            "token": self.token,
            "follows": self.follows,
            "report": change.report,
            "files": {one.path: [one.size_bytes, one.sha256] for one in self.held},
            "records": [{**one.to_record(), "files": one.paths()} for one in change.records],
            "moved": [asdict(one) for one in change.moved],
            "forget": str(change.forget) if change.forget else None,
            "making": change.making,
            "gone": list(change.gone),
        }
        return json.dumps(written, default=str, ensure_ascii=False).encode()

    @property
    def name(self) -> str:
        """The name of its object."""
        return entry_name(self.number)

    @property
    def digest(self) -> str:
        """The SHA-256 of what is written."""
        return hashlib.sha256(self.content).hexdigest()

    def overlaps(self, report: tuple[str, str] | None) -> bool:
        """Whether this changes what a commit about a report, or about all, was made from."""
        return report is None or self.change.report is None or self.change.report == report


def parse_entry(number: int, content: bytes) -> Entry:
    """Read an entry.

    Raises:
        LakeError: it is none.
    """
    where = entry_name(number)
    try:
        found = json.loads(content)
        if found["format"] != _FORMAT:
            told = Text("the journal of the lake is of a newer release")
            raise LakeError(told, where=where, hint=Text("install the same release everywhere"))
        token, follows = _matched(_TOKEN, found["token"]), _matched(_FOLLOWS, found["follows"])
        held = tuple(
            Held(_matched(_PATH, path), token, _size(size), _matched(_SHA256, sha256))
            for path, (size, sha256) in found["files"].items()
        )
        commits = tuple(Delivery.from_json(json.dumps(one).encode(), where=where) for one in found["records"])
        change = Change(
            report=None if found["report"] is None else _report(*found["report"]),
            records=commits,
            moved=parse_compacted(json.dumps(found["moved"]).encode()),
            forget=date.fromisoformat(found["forget"]) if found["forget"] else None,
            making=str(found["making"])[:20],
            gone=tuple(_matched(_PATH, path) for path in found["gone"]),
        )
        for path in (path for one in commits for path in (*one.paths(), f"quarantine/{one.id}")):
            _matched(_PATH, path)
        for path in (path for one in change.moved for path in one.paths):
            _matched(_PATH, path)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        hint = Text("restore it from a backup of the store")
        raise LakeError(Text("not an entry of the journal of a lake"), where=where, hint=hint) from error
    return Entry(number, token, follows, held, change)


def entry_name(number: int) -> str:
    """Return the name of the object of an entry."""
    return f"journal/{number:08d}.json"


def _matched(form: re.Pattern[str], text: Any) -> str:
    if not isinstance(text, str) or not form.fullmatch(text):
        raise ValueError(text)
    return text


def _size(value: Any) -> int:
    if not isinstance(value, int) or value < 0:
        raise ValueError(value)
    return value


def _report(feed: Any, report: Any) -> tuple[str, str]:
    return str(feed), str(report)
