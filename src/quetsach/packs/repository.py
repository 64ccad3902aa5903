"""The signed repository of a centre: packs and tools under TUF metadata, as a folder that any web server can serve.

``metadata/`` holds ``N.root.json``, ``N.targets.json``, ``N.packs.json``, ``N.tools.json``, ``N.snapshot.json`` and
``timestamp.json``; ``targets/`` holds ``packs/HASH.NAME`` and ``tools/HASH.NAME`` (consistent snapshots). Files are
written whole under another name and renamed, targets first and ``timestamp.json`` last, so that a reader sees the old
repository or the new one and a publication that is killed is simply run again.

Source: The Update Framework specification 1.0, sections 4 (formats), 5 (client workflow) and 6 (repository).
"""

import fcntl
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from quetsach.packs import container
from quetsach.packs.installed import SUFFIX
from quetsach.packs.keys import KeyRing, SigningError, load_keys
from quetsach.packs.load import load_pack, load_shelf, read_folder
from quetsach.packs.signing import DELEGATED, Lifetimes, Publication, Signing

_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,150}")


def publish(
    *,
    out: Path,
    keys: Path,
    packs: Path | None,
    tools: Sequence[Path] | None,
    now: datetime,
    lifetimes: Lifetimes | None = None,
) -> Publication:
    """Publish the packs of a folder and the tool's wheels.

    Args:
        out: folder of the repository; made if it does not exist.
        keys: folder of the keys.
        packs: folder of pack folders and ``.qsp`` files; ``None`` keeps the packs that are published.
        tools: wheels to offer; ``None`` keeps those that are published.
        now: the time of signing (UTC).
        lifetimes: how long signatures are good for.

    Raises:
        PackError: a pack cannot be used.
        SigningError: the keys or the repository are not as they must be.
    """
    files: dict[str, Mapping[str, bytes]] = {}
    if packs is not None:
        files["packs"] = packed_shelf(packs)
    if tools is not None:
        files["tools"] = {path.name: _read_tool(path) for path in tools}
    return publish_files(out, keys=load_keys(keys), files=files, now=now, lifetimes=lifetimes)


def packed_shelf(folder: Path) -> dict[str, bytes]:
    """Return the newest pack of each family in a folder as packed files: name -> bytes.

    Raises:
        PackError: the folder cannot be read, or one of its packs cannot be used.
    """
    chosen = {(pack.family, pack.version) for pack in load_shelf(folder)}
    packed: dict[str, bytes] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix != SUFFIX and not (path / "pack.toml").is_file():
            continue
        pack = load_pack(path)
        if (pack.family, pack.version) in chosen:
            content = path.read_bytes() if path.is_file() else container.pack(read_folder(path))
            packed[f"{pack.family}-{pack.version}{SUFFIX}"] = content
    return packed


def _read_tool(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SigningError("this tool cannot be read", where=str(path), hint=str(error)) from error


def publish_files(
    folder: Path,
    *,
    keys: KeyRing,
    files: Mapping[str, Mapping[str, bytes]],
    now: datetime,
    lifetimes: Lifetimes | None = None,
) -> Publication:
    """Make the repository offer these files, and renew what is past half of its life.

    Args:
        folder: the repository; made if it does not exist.
        keys: public keys of all roles and the private keys at hand.
        files: content by role (``packs``, ``tools``) and file name; a role that is not named keeps what it lists.
        now: the time of signing (UTC).
        lifetimes: how long signatures are good for.

    Raises:
        SigningError: a name is not allowed, a private key that is needed is missing, or the folder is damaged.
    """
    for name in (name for chosen in files.values() for name in chosen):
        if not _FILE_NAME.fullmatch(name) or ".." in name:
            raise SigningError(f"{name!r} is not a name that a file of a repository can have")
    with _one_publisher(folder):
        signing = Signing(folder, keys, now, lifetimes or Lifetimes())
        signing.root()
        signing.top_targets()
        for role in DELEGATED:
            signing.delegated(role, files.get(role))
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
