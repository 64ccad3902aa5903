"""Files that dpkg answers for (``dpkg(1)``, ``deb-md5sums(5)``): ``info/*.md5sums``, ``Conffiles`` of ``status``."""

import os
import re
from collections.abc import Iterator

from quetsach.endpoint.host.installed_file import InstalledFile
from quetsach.endpoint.host.tree import Tree

_INFO = b"/var/lib/dpkg/info"
_STATUS = b"/var/lib/dpkg/status"
_MAX_LIST_BYTES = 64 << 20
_MD5 = re.compile(rb"[0-9a-f]{32}\Z")


def dpkg_files(tree: Tree, names: frozenset[bytes]) -> Iterator[InstalledFile]:
    """Yield what dpkg wrote down about files of these names (paths without the first ``/``)."""
    for package, content in _lists(tree):
        for name in names:
            start = content.find(b"  " + name + b"\n")
            if start >= 32 and _MD5.match(md5 := content[start - 32 : start]):
                yield InstalledFile(package, name, "md5", md5.decode())
    yield from _settings(tree, names)


def _lists(tree: Tree) -> Iterator[tuple[str, bytes]]:
    try:
        entries = sorted(entry.name for entry in tree.scandir(_INFO) if entry.name.endswith(b".md5sums"))
    except OSError:
        return
    for entry in entries:
        try:
            yield os.fsdecode(entry.removesuffix(b".md5sums")), tree.read(_INFO + b"/" + entry, _MAX_LIST_BYTES) + b"\n"
        except OSError:
            continue


def _settings(tree: Tree, names: frozenset[bytes]) -> Iterator[InstalledFile]:
    """Yield the records of settings files, which ``md5sums`` leaves out: `` /path md5`` lines under ``Conffiles``."""
    try:
        content = tree.read(_STATUS, _MAX_LIST_BYTES)
    except OSError:
        return
    package = b""
    for line in content.split(b"\n"):
        if line.startswith(b"Package: "):
            package = line[9:].strip()
        elif line.startswith(b" /"):
            words = line.split()
            if len(words) >= 2 and words[0][1:] in names and _MD5.match(words[1]):
                yield InstalledFile(os.fsdecode(package), words[0][1:], "md5", words[1].decode())
