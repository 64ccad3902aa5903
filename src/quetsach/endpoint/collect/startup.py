"""Commands run when the machine starts or someone signs in, line by line.

Start: /etc/rc.local, /etc/rc.d/rc.local, scripts of System V init, OpenRC's /etc/local.d. Sign-in (``bash(1)``,
``zsh(1)``, ``profile(5)``): the shells' files of the system and of every account.
"""

import posixpath
from collections.abc import Iterator

from quetsach.core.pack import ArtefactKind
from quetsach.endpoint.artefact import Artefact, printable
from quetsach.endpoint.collect.command import named_files, resolve_files
from quetsach.endpoint.collect.text import names_in, read_texts
from quetsach.endpoint.collect.users import ROOT, User, users_of
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.host.tree import Tree
from quetsach.endpoint.trouble import Trouble

_START = (b"/etc/rc.local", b"/etc/rc.d/rc.local")
_START_FOLDERS = (b"/etc/init.d", b"/etc/rc.d/init.d", b"/etc/local.d")
_PROFILE = (
    b"/etc/profile",
    b"/etc/bash.bashrc",
    b"/etc/bashrc",
    b"/etc/environment",
    b"/etc/zshenv",
    *(b"/etc/zsh/" + name for name in (b"zshenv", b"zprofile", b"zshrc", b"zlogin", b"zlogout")),
)
_OWN_PROFILE = (
    *(b".profile", b".bash_profile", b".bash_login", b".bashrc", b".bash_aliases", b".bash_logout"),
    *(b".zshenv", b".zprofile", b".zshrc", b".zlogin", b".zlogout", b".xprofile", b".xsessionrc"),
)


def collect_start(host: Host) -> Iterator[Artefact | Trouble]:
    """Yield lines run at the start of the machine. Fields: ``command``, ``path``."""
    folders = (path for folder in _START_FOLDERS for path in names_in(host.tree, folder)[0])
    yield from _lines(host.tree, ArtefactKind.RC_LOCAL_LINE, ROOT, *_START, *folders)


def collect_profile(host: Host) -> Iterator[Artefact | Trouble]:
    """Yield lines run when someone signs in. Fields: ``command``, ``path``, ``user`` (root for the system's files)."""
    tree = host.tree
    yield from _lines(tree, ArtefactKind.PROFILE_LINE, ROOT, *_PROFILE, *names_in(tree, b"/etc/profile.d")[0])
    for user in users_of(tree):
        own = (posixpath.join(user.home, name) for name in _OWN_PROFILE)
        yield from _lines(tree, ArtefactKind.PROFILE_LINE, user, *own)


def _lines(tree: Tree, kind: ArtefactKind, user: User, *paths: bytes) -> Iterator[Artefact | Trouble]:
    for file in read_texts(tree, *paths):
        if isinstance(file, Trouble):
            yield file
            continue
        path = printable(file.anchor.path)
        for anchor in file.lines():
            command = anchor.line.strip()
            if command and not command.startswith(b"#"):
                fields = {"command": printable(command), "path": path, "user": printable(user.name)}
                yield Artefact(kind, anchor, fields, resolve_files(tree, named_files(command, home=user.home)))
