"""The signed repository of a centre: packs and tools under TUF metadata, as a folder that any web server can serve.

``metadata/`` holds ``N.root.json``, ``N.targets.json``, ``N.packs.json``, ``N.tools.json``, ``N.snapshot.json`` and
``timestamp.json``; ``targets/`` holds ``packs/HASH.NAME`` and ``tools/HASH.NAME`` (consistent snapshots). Files are
written whole under another name and renamed, targets first and ``timestamp.json`` last, so that a reader sees the old
repository or the new one and a publication that is killed is simply run again.

Source: The Update Framework specification 1.0, sections 4 (formats), 5 (client workflow) and 6 (repository).
"""

import fcntl
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from tuf.api.metadata import TargetFile

from quetsach.packs.keys import KeyRing, SigningError
from quetsach.packs.signing import DELEGATED, Lifetimes, Publication, Signing

TARGET_NAME = re.compile(r"(packs|tools)/[A-Za-z0-9][A-Za-z0-9._+-]{0,150}")
"""What a target may be called: one folder, then a plain file name."""


def publish_targets(
    folder: Path, *, keys: KeyRing, targets: Mapping[str, bytes], now: datetime, lifetimes: Lifetimes | None = None
) -> Publication:
    """Make the repository offer exactly these targets, and renew what is past half of its life.

    Args:
        folder: the repository; made if it does not exist.
        keys: public keys of all roles and the private keys at hand.
        targets: content by name (``packs/…`` or ``tools/…``).
        now: the time of signing (UTC).
        lifetimes: how long signatures are good for.

    Raises:
        SigningError: a name is not allowed, a private key that is needed is missing, or the folder is damaged.
    """
    for name in targets:
        if not TARGET_NAME.fullmatch(name):
            raise SigningError(f"{name!r} is not a name that a target can have")
    with _one_publisher(folder):
        signing = Signing(folder, keys, now, lifetimes or Lifetimes())
        for name, content in targets.items():
            signing.store_target(name, content)
        signing.root()
        signing.top_targets()
        for role in DELEGATED:
            chosen = {name: content for name, content in targets.items() if name.startswith(f"{role}/")}
            signing.delegated(role, {name: TargetFile.from_data(name, chosen[name], ["sha256"]) for name in chosen})
        return signing.finish()


def refresh_online(folder: Path, *, keys: KeyRing, now: datetime, lifetimes: Lifetimes | None = None) -> Publication:
    """Renew ``snapshot`` and ``timestamp`` where they are past half of their life; needs only those two keys.

    Raises:
        SigningError: there is no repository yet, or a key is missing.
    """
    with _one_publisher(folder):
        signing = Signing(folder, keys, now, lifetimes or Lifetimes())
        if signing.old("timestamp") is None:
            raise SigningError("there is no repository here yet", where=str(folder), hint="publish first")
        for role in ("root", "targets", *DELEGATED):
            signing.keep(role)
        return signing.finish()


@contextmanager
def _one_publisher(folder: Path) -> Iterator[None]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
    except OSError as error:
        raise SigningError("the repository cannot be written", where=str(folder), hint=str(error)) from error
