"""A small made-up infection with one thing of every kind that a clean-up acts on, and its findings."""

import os
from dataclasses import replace
from pathlib import Path

from quetsach.core.pack import Action, ArtefactKind
from quetsach.core.text import LocalText
from quetsach.endpoint.artefact import Anchor, Artefact, FileAnchor, Finding, LineAnchor, anchor_of
from quetsach.endpoint.host.disk import hash_file
from quetsach.packs.specimen import set_immutable
from quetsach.packs.specimen.linux_tree import Tree

BINARY = b"/var/tmp/.x/miner\xff\n"
TWIN = b"/opt/twin"
PRELOAD = b"/etc/ld.so.preload"
CRONTAB = b"/etc/crontab"
UNIT = b"/etc/systemd/system/helper.service"
LINK = b"/etc/systemd/system/multi-user.target.wants/helper.service"
DROP_IN = b"/etc/systemd/system/helper.service.d/a.conf"
PAGE = b"/srv/www/index.html"
OWN, APPENDED = "<html>\n<p>ảnh</p></html>\n".encode(), b"<script>evil()</script>"
OLD_NS = 1_600_000_000_123_456_789


def plant(root: Path) -> None:
    """Write the infection: immutable file and folder, odd name, hard links, attributes, shared and own text files."""
    write(root, BINARY, b"\x7fELF" + bytes(range(256)) * 300, mode=0o4755)
    os.setxattr(at(root, BINARY), b"user.note", b"\0kept")
    at(root, TWIN).parent.mkdir(parents=True)
    at(root, TWIN).hardlink_to(at(root, BINARY))
    write(root, PRELOAD, b"/usr/local/lib/hide.so\n")
    write(root, CRONTAB, b"SHELL=/bin/sh\n@reboot root evil\n# mine\n0 5 * * * root backup\n* * * * * root evil2")
    write(root, UNIT, b"[Service]\nExecStart=/var/tmp/.x/miner\n")
    write(root, DROP_IN, b"[Service]\nRestart=always\n")
    write(root, PAGE, OWN + APPENDED)
    at(root, LINK).parent.mkdir(parents=True)
    at(root, LINK).symlink_to(os.fsdecode(UNIT))
    os.utime(at(root, LINK), ns=(OLD_NS, OLD_NS), follow_symlinks=False)
    for folder, _, _ in root.walk():
        os.utime(folder, ns=(OLD_NS, OLD_NS))
    for path in (at(root, BINARY), at(root, CRONTAB), at(root, BINARY).parent):
        set_immutable(path, on=True)


def unplant(root: Path) -> None:
    """Take what would keep the tree from being deleted."""
    for folder, _, files in root.walk():
        for path in (folder, *(folder / name for name in files)):
            if not path.is_symlink():
                set_immutable(path, on=False)


def findings(root: Path) -> tuple[Finding, ...]:
    """Return what a scan of the infection would find."""
    return (
        finding(file_anchor(root, BINARY), ArtefactKind.FILE, Action.QUARANTINE),
        finding(file_anchor(root, TWIN), ArtefactKind.FILE, Action.QUARANTINE),
        finding(line_anchor(root, PRELOAD, 1), ArtefactKind.PRELOAD_ENTRY, Action.REMOVE_LINE),
        finding(line_anchor(root, CRONTAB, 2), ArtefactKind.CRON_ENTRY, Action.REMOVE_LINE),
        finding(line_anchor(root, CRONTAB, 5), ArtefactKind.CRON_ENTRY, Action.REMOVE_LINE),
        with_fields(finding(file_anchor(root, PAGE), ArtefactKind.FILE, Action.TRUNCATE), cut=str(len(OWN))),
        finding(file_anchor(root, UNIT), ArtefactKind.SYSTEMD_UNIT, Action.REMOVE_UNIT),
    )


def finding(anchor: Anchor, kind: ArtefactKind, action: Action) -> Finding:
    """Return a finding about one thing."""
    identifier = f"{hash(anchor) & 0xFFFF_FFFF_FFFF_FFFF:016x}"
    why = LocalText("vì thử", "for a test")
    return Finding(identifier, "specimen", "1", "trait", Artefact(kind, anchor), action, why, "rule (author)")


def with_fields(found: Finding, **fields: str) -> Finding:
    """Return a finding whose artefact has these fields."""
    return replace(found, artefact=replace(found.artefact, fields=fields))


def file_anchor(root: Path, path: bytes) -> FileAnchor:
    """Return the anchor of a file as it is now."""
    fd = os.open(at(root, path), os.O_RDONLY | os.O_NOATIME)
    try:
        return anchor_of(path, os.fstat(fd), hash_file(fd))
    finally:
        os.close(fd)


def line_anchor(root: Path, path: bytes, number: int) -> LineAnchor:
    """Return the anchor of a line as it is now."""
    fd = os.open(at(root, path), os.O_RDONLY | os.O_NOATIME)
    with os.fdopen(fd, "rb") as file:
        line = file.read().split(b"\n")[number - 1]
    return LineAnchor(file_anchor(root, path), number, line)


def at(root: Path, path: bytes) -> Path:
    """Return where a path inside the root is on this system."""
    return root / os.fsdecode(path[1:])


def write(root: Path, path: bytes, content: bytes, *, mode: int = 0o640) -> None:
    """Write a file with an old time of change."""
    Tree(root).file(os.fsdecode(path), content, mode=mode)
    os.utime(at(root, path), ns=(OLD_NS + 1, OLD_NS))
