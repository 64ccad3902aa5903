"""What a look at a file gives to the matching of traits: the file, and what its members show if it is an archive."""

import posixpath
import stat
from collections.abc import Iterator

from quetsach.core.pack import ArtefactKind
from quetsach.endpoint.artefact import Artefact, MemberAnchor, path_on_drive, printable
from quetsach.endpoint.look.look import Look
from quetsach.endpoint.look.match import Observation


def observations_of(look: Look) -> Iterator[Observation]:
    """Yield what is to be told of a file; nothing when it has no anchor.

    Fields: ``path``, ``name``, ``size_bytes``, ``mode`` (octal), ``owner`` (uid), ``archive`` (what is to be said of an
    archive as a whole), ``cut`` (set by a trait that cuts files off). A member of an archive has its own ``path``
    (``archive!member``), ``name`` and ``size_bytes``.
    """
    if look.anchor is None:
        return
    fields = {
        "path": printable(path_on_drive(look.path)),
        "name": printable(posixpath.basename(look.path)),
        "size_bytes": str(look.size_bytes),
        "mode": f"{stat.S_IMODE(look.mode):o}",
        "owner": str(look.owner),
        "archive": look.archive,
        "cut": "",
    }
    yield Observation(Artefact(ArtefactKind.FILE, look.anchor, fields), look.hits)
    for member in look.members:
        inside = {
            "path": printable(b"!".join((path_on_drive(look.path), *member.names))),
            "name": printable(posixpath.basename(member.names[-1].replace(b"\\", b"/"))),
            "size_bytes": str(member.size_bytes),
            "mode": "",
            "owner": fields["owner"],
            "archive": "",
            "cut": "",
        }
        yield Observation(Artefact(ArtefactKind.FILE, MemberAnchor(look.anchor, member.names), inside), member.hits)
