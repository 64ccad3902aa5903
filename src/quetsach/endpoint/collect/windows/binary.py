"""The readers ``bits`` and ``wmi``: what is carved from binary files of Windows; and hostile records, read bounded."""

import hashlib
import os
import posixpath
import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from quetsach.core.pack import ArtefactKind
from quetsach.endpoint.artefact import Artefact, FileAnchor, anchor_of, printable
from quetsach.endpoint.collect.reading import Reading
from quetsach.endpoint.host.disk import fstat, read_at
from quetsach.endpoint.scan_issue import Reason, ScanIssue, reason_of

# Reads numbers and texts out of hostile binary records: everything that lies outside is empty, nothing fails.

_NUMBERS = {1: "<B", 2: "<H", 4: "<I"}


@dataclass(frozen=True, slots=True)
class Record:
    """Bytes that claim to have a form. Offsets are bytes from the start; numbers are little endian."""

    data: bytes

    def number(self, offset: int, size: int) -> int:
        """Return an unsigned number of 1, 2 or 4 bytes; 0 when the record ends before it."""
        if offset < 0 or offset + size > len(self.data):
            return 0
        value: int = struct.unpack_from(_NUMBERS[size], self.data, offset)[0]
        return value

    def part(self, offset: int, size: int) -> bytes:
        """Return so many bytes, or what there is of them."""
        return self.data[offset : offset + size] if offset >= 0 and size > 0 else b""

    def wide(self, offset: int, characters: int) -> str:
        """Return UTF-16 text of at most so many characters, up to the first NUL."""
        return wide_text(self.part(offset, 2 * characters))

    def narrow(self, offset: int, characters: int) -> str:
        """Return text of one byte a character, up to the first NUL; letters beyond ASCII as Latin-1 has them."""
        return self.part(offset, characters).split(b"\0", 1)[0].decode("latin-1")


def wide_text(raw: bytes) -> str:
    """Return UTF-16 text up to the first NUL; half characters are shown as the replacement character."""
    return raw.decode("utf-16-le", "replace").split("\0", 1)[0]


# The reader ``bits``: the queue of background downloads, of which addresses and paths are picked out, nothing more.
#
# Its formats (a list of records, since Windows 10 a database of the Extensible Storage Engine) are not documented.

_MOST_QUEUED_TEXTS = 500
_TEXT = re.compile(rb"(?:h\0t\0t\0p\0(?:s\0)?:\0/\0/\0|[A-Z]\0:\0\\\0)(?:[ -~]\0){3,500}")


def read_bits(reading: Reading) -> Iterator[Artefact | ScanIssue]:
    """Yield the files of the queue. Fields: ``place``, ``path``, ``name``, ``command`` (addresses, paths), ``user``."""
    for _, path, file in reading.files():
        if isinstance(file, ScanIssue):
            yield file
            continue
        texts = texts_of(file.content)
        fields = {
            "place": reading.place.name,
            "path": printable(file.anchor.path),
            "name": printable(posixpath.basename(path)),
            "command": printable("; ".join(texts).encode()),
            "user": "",
        }
        paths = (text for text in texts if text[1:2] == ":")
        named = dict.fromkeys(found for path in paths for found in reading.meant(path, b"/", file.anchor.path))
        yield Artefact(reading.place.kind, file.anchor, fields, (file.anchor.path, *named))


def texts_of(content: bytes) -> tuple[str, ...]:
    """Return the addresses and paths in the queue, each once."""
    found = (match.group().decode("utf-16-le") for match in _TEXT.finditer(content))
    return tuple(dict.fromkeys(text for _, text in zip(range(_MOST_QUEUED_TEXTS), found, strict=False)))


# The reader ``wmi``: event subscriptions of WMI, carved from the file of its repository, and only reported.
#
# The repository is not documented. Form after mandiant/flare-wmi (python-cim, "CIM objects"): the record of an instance
# starts with the hash of the name of its class in capitals, SHA-256 (until Windows XP MD5), written in hex as UTF-16.
# It ends with a heap, its size before it. First in the heap stands the name of the class, then come its texts: one byte
# that says how wide the letters are (0: Latin-1, 1: UTF-16), the letters, NUL. Arrays have their count first.
#
# Each page of 8 KiB starts with a table of its records (number, offset, size, checksum). What is carved but in no
# record of its page was most likely deleted and not written over yet.
#
# What is not done: the index is not read, and an instance that the pages of the file cut in pieces is read up to the
# first cut. ADR 0041.

LARGEST_BYTES = 1 << 30
"""Larger repositories are not read; real ones have up to some hundred megabytes."""

MOST_INSTANCES = 1_000

MOST_CARVED = 20_000
"""Places that look like an instance, the same one again among them."""

_CHUNK = 4 << 20
_PAGE = 8192
_TABLE_ENTRY = 16
_LONGEST_HEAP = 64 * 1024
_FILTER, _BINDING = "__EventFilter", "__FilterToConsumerBinding"
_RUNNING = ("CommandLineEventConsumer", "ActiveScriptEventConsumer")
_OTHERS = ("LogFileEventConsumer", "NTEventLogEventConsumer", "SMTPEventConsumer")
_NAMES = (_FILTER, _BINDING, *_RUNNING, *_OTHERS)
_LONGEST_HEAD = 4_096
_MOST_TEXTS = 64
_REFERENCE = re.compile(r'(\w+)\.Name\s*=\s*"((?:[^"\\]|\\.)*)"')
_QUERY = re.compile(r"\s*(?:select|references|associators)\s", re.IGNORECASE)
_LANGUAGES = frozenset({"wql", "vbscript", "jscript"})


@dataclass(frozen=True, slots=True)
class Instance:
    """One instance of a class: its texts in the order of the heap, the class's own name left out.

    ``is_listed`` is whether it lies in a record of its page.
    """

    kind: str
    texts: tuple[str, ...]
    is_listed: bool = True


def read_subscriptions(reading: Reading) -> Iterator[Artefact | ScanIssue]:
    """Yield a subscription for each binding, and filters and consumers that no binding names.

    Fields: ``name`` (of the consumer), ``consumer`` (its class), ``filter`` (name), ``command`` (what it runs: command
    line or script), ``query``, ``listed`` (``no``: most likely deleted).
    """
    for _, path in reading.paths():
        instances = list(_instances(reading, path))
        yield from (item for item in instances if isinstance(item, ScanIssue))
        anchors = [item for item in instances if isinstance(item, FileAnchor)]
        if anchors:
            found = [item for item in instances if isinstance(item, Instance)]
            yield from (_artefact(reading, anchors[0], fields) for fields in subscriptions(found))


def subscriptions(instances: list[Instance]) -> Iterator[dict[str, str]]:
    """Yield the fields of each subscription, each once."""
    instances = sorted(instances, key=lambda instance: not instance.is_listed)
    filters = [instance for instance in instances if instance.kind == _FILTER]
    consumers = [i for i in instances if i.kind not in (_FILTER, _BINDING)]
    bound: set[tuple[str, str]] = set()
    seen: set[tuple[str, ...]] = set()
    for binding in (i for i in instances if i.kind == _BINDING):
        named = dict(_REFERENCE.findall(" ".join(binding.texts)))
        filter_name = named.pop(_FILTER, "")
        for kind, name in named.items():
            bound |= {(kind, name), (_FILTER, filter_name)}
            runs = next((c for c in consumers if c.kind == kind and name in c.texts), Instance(kind, ()))
            watches = next((f for f in filters if filter_name in f.texts), Instance(_FILTER, ()))
            fields = _fields(name, kind, filter_name, runs, watches)
            if (key := tuple(fields.values())) not in seen:
                seen.add(key)
                yield fields
    for alone in (*consumers, *filters):
        if not any((alone.kind, text) in bound for text in alone.texts):
            is_filter = alone.kind == _FILTER
            nothing = Instance("", (), is_listed=alone.is_listed)
            runs, watches = (nothing, alone) if is_filter else (alone, nothing)
            fields = _fields("", runs.kind, "", runs, watches)
            if (key := tuple(fields.values())) not in seen:
                seen.add(key)
                yield fields


def mark_of(kind: str, algorithm: str = "sha256") -> bytes:
    """Return what the record of an instance of a class starts with."""
    digest = hashlib.new(algorithm, kind.upper().encode("utf-16-le"), usedforsecurity=False).hexdigest()
    return digest.upper().encode("utf-16-le")


_MARKS = tuple((mark_of(name, algorithm), name) for name in _NAMES for algorithm in ("sha256", "md5"))


def carve(content: bytes) -> Iterator[tuple[int, Instance]]:
    """Yield the instances of the classes of subscriptions in these bytes, in no order, and where they start."""
    for mark, kind in _MARKS:
        name, at = b"\0" + kind.encode() + b"\0", -1
        while (at := content.find(mark, at + 1)) >= 0:
            heap = content.find(name, at, at + _LONGEST_HEAD)
            if heap >= 0:
                size = int.from_bytes(content[heap - 4 : heap], "little") & 0x7FFFFFFF
                texts = _texts(content[heap + len(name) : heap + min(size, _LONGEST_HEAP)])
                yield at, Instance(kind, tuple(texts))


def _texts(heap: bytes) -> Iterator[str]:
    at = 0
    for _ in range(_MOST_TEXTS):
        if at >= len(heap):
            return
        if heap[at] == 0:
            end = heap.find(b"\0", at + 1)
            end = len(heap) if end < 0 else end
            text, at = heap[at + 1 : end].decode("latin-1"), end + 1
        elif heap[at] == 1 and heap[at + 1 : at + 4] != b"\0\0\0":
            end = next((i for i in range(at + 1, len(heap) - 1, 2) if heap[i : i + 2] == b"\0\0"), len(heap))
            text, at = heap[at + 1 : end].decode("utf-16-le", "replace"), end + 2
        else:  # an array, such as the number of the account that made it
            text, at = "", at + 4 + int.from_bytes(heap[at : at + 4], "little")
        if text:
            yield text


def _instances(reading: Reading, path: bytes) -> Iterator[Instance | FileAnchor | ScanIssue]:
    """Yield the anchor of a repository and its instances; the anchor has no hash: the file is only ever reported."""
    try:
        real = reading.tree.resolve(path)
        descriptor = reading.tree.open_read(real)
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        yield ScanIssue(path, reason_of(error))
        return
    try:
        state = fstat(descriptor)
        if state.st_size > LARGEST_BYTES:
            yield ScanIssue(real, Reason.OVERFULL)
            return
        yield anchor_of(real, state, "")
        seen: set[Instance] = set()
        for count, instance in enumerate(_all(descriptor)):
            if count >= MOST_CARVED or len(seen) >= MOST_INSTANCES:
                reading.stop_at(real)
                break
            if instance not in seen:
                seen.add(instance)
                yield instance
    except OSError as error:
        yield ScanIssue(real, reason_of(error))
    finally:
        os.close(descriptor)


def _all(descriptor: int) -> Iterator[Instance]:
    at = 0
    while content := read_at(descriptor, _CHUNK + _LONGEST_HEAD + _LONGEST_HEAP, at):  # what lies over the edge too
        for place, carved in carve(content):
            if place < _CHUNK:
                yield replace(carved, is_listed=_is_listed(descriptor, at + place))
        at += _CHUNK


def _is_listed(descriptor: int, position: int) -> bool:
    page = read_at(descriptor, _PAGE, position - position % _PAGE)
    for entry in range(0, len(page) - _TABLE_ENTRY, _TABLE_ENTRY):
        number, offset, size, _ = struct.unpack_from("<IIII", page, entry)
        if not number or not offset or not size:
            return False
        if offset <= position % _PAGE < offset + size:
            return True
    return False


def _fields(name: str, kind: str, filter_name: str, runs: Instance, watches: Instance) -> dict[str, str]:
    return {
        "name": name,
        "consumer": kind,
        "filter": filter_name,
        "command": _command(runs, name),
        "query": _query(watches),
        "listed": "yes" if runs.is_listed and watches.is_listed else "no",
    }


def _command(consumer: Instance, name: str) -> str:
    """Return what a consumer runs: its texts but its own name and the name of its language."""
    texts = (text for text in consumer.texts if text != name and text.strip().lower() not in _LANGUAGES)
    return "; ".join(dict.fromkeys(texts))


def _query(watches: Instance) -> str:
    return next((text for text in watches.texts if _QUERY.match(text)), "")


def _artefact(reading: Reading, anchor: FileAnchor, fields: Mapping[str, str]) -> Artefact:
    shown = {key: printable(text.encode("utf-8", "surrogatepass")) for key, text in fields.items()}
    named = reading.meant(fields["command"], b"/", anchor.path)
    return Artefact(ArtefactKind.WMI_SUBSCRIPTION, anchor, shown, named)
