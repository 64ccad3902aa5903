"""The signed repository of a centre: packs and tools are published, promoted, taken back and given free again."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from quetsach import storage
from quetsach.core.text import Text
from quetsach.packs import SigningError, container
from quetsach.packs.container import read_folder, unpack
from quetsach.packs.installed import SUFFIX, PackName, Ring, newest_of, parse_name
from quetsach.packs.keys import KeyRing
from quetsach.packs.load import load_pack, load_shelf, parse_pack
from quetsach.packs.repository_folder import KEEP, prune
from quetsach.packs.signing import Lifetimes, Objection, Publication, Signing, no_objection
from quetsach.packs.withdrawal import LIST_FILE, Withdrawal, list_bytes, parse_list, rules_by_name

# The signed repository of a centre: packs and tools under TUF metadata, as a folder that any web server can serve.
#
# ``metadata/`` holds ``N.root.json``, ``N.targets.json``, ``N.ROLE.json`` for each role that lists files,
# ``N.snapshot.json`` and ``timestamp.json``; ``targets/`` holds ``ROLE/HASH.NAME`` (consistent snapshots). Files are
# written whole under another name and renamed, targets first and ``timestamp.json`` last, so that a reader sees the old
# repository or the new one and a publication that is killed is simply run again.
#
# Source: The Update Framework specification 1.0, sections 4 (formats), 5 (client workflow) and 6 (repository).

_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,150}")


def publish(
    *,
    out: Path,
    keys: KeyRing,
    packs: Path | None,
    tools: Sequence[Path] | None,
    now: datetime,
    ring: Ring = Ring.GENERAL,
    untried: bool = True,
    keep_newer: bool = False,
    online: bool = True,
    lifetimes: Lifetimes | None = None,
    keep: int = KEEP,
    objection: Objection = no_objection,
) -> Publication:
    """Publish the packs of a folder and the tool's wheels.

    Args:
        out: folder of the repository; made if it does not exist.
        keys: public keys of all roles and the private keys at hand.
        packs: folder of pack folders and ``.qsp`` files; ``None`` keeps the packs that are published.
        tools: wheels to offer; ``None`` keeps those that are published.
        now: the time of signing (UTC).
        ring: who gets the packs.
        keep_newer: of each family, keep what is published if it is newer or the folder has none.
        online: make snapshot and timestamp too; without, the server does so once what was signed is carried there.
        untried: let packs into the general ring that were not in the canary ring, though that is in use.
        lifetimes: how long signatures are good for.
        keep: how many old versions of the metadata stay.
        objection: what may speak against packs for everybody.

    Raises:
        HeldBackError: something does; nothing was changed.
        PackError: a pack cannot be used.
        SigningError: the keys or the repository are not as they must be.
    """
    files: dict[str, Mapping[str, bytes]] = {}
    if packs is not None:
        files[ring.role] = packed_shelf(packs)
    if tools is not None:
        files["tools"] = {path.name: _read_tool(path) for path in tools}
    with one_publisher(out):
        signing = Signing(out, keys, now, lifetimes or Lifetimes(), objection)
        if ring is Ring.GENERAL and not untried:
            _require_tried(signing, files.get("packs", {}))
        if packs is not None and keep_newer:
            folder = ((parse_name(f"{ring.role}/{name}"), content) for name, content in files[ring.role].items())
            known = (*((name, c) for name, c in folder if name), *published_packs(signing, ring.role).items())
            files[ring.role] = newest_of(known)
        return offer(signing, files, keep, online=online)


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


def publish_files(
    folder: Path,
    *,
    keys: KeyRing,
    files: Mapping[str, Mapping[str, bytes]],
    now: datetime,
    lifetimes: Lifetimes | None = None,
    keep: int = KEEP,
) -> Publication:
    """Make the repository offer these files, and renew what is past half of its life.

    Args:
        folder: the repository; made if it does not exist.
        keys: public keys of all roles and the private keys at hand.
        files: content by role (``packs``, ``tools`` …) and file name; a role that is not named keeps what it lists.
        now: the time of signing (UTC).
        lifetimes: how long signatures are good for.
        keep: how many old versions of the metadata stay.

    Raises:
        SigningError: a name is not allowed, a private key that is needed is missing, or the folder is damaged.
    """
    with one_publisher(folder):
        return offer(Signing(folder, keys, now, lifetimes or Lifetimes()), files, keep)


def refresh_online(
    folder: Path,
    *,
    keys: KeyRing,
    now: datetime,
    lifetimes: Lifetimes | None = None,
    objection: Objection = no_objection,
) -> Publication:
    """Renew ``snapshot`` and ``timestamp`` where they are past half of their life; needs only those two keys.

    Lists that were signed elsewhere and carried here are taken in, once all their files are here; one of packs for
    everybody once nothing speaks against it, too.

    Raises:
        SigningError: there is no repository yet, or a key is missing.
    """
    with one_publisher(folder):
        signing = Signing(folder, keys, now, lifetimes or Lifetimes(), objection)
        if signing.folder.old("timestamp") is None:
            raise SigningError(Text("there is no repository here yet"), where=str(folder), hint=Text("publish first"))
        signing.keep_all()
        return signing.finish()


def offer(signing: Signing, files: Mapping[str, Mapping[str, bytes]], keep: int, *, online: bool = True) -> Publication:
    """Carry out a publication that is under way; see ``publish_files``.

    Raises:
        HeldBackError: something speaks against packs for everybody.
        SigningError: a name is not allowed, a role is not used here, or a private key that is needed is missing.
    """
    for name in (name for chosen in files.values() for name in chosen):
        if not _FILE_NAME.fullmatch(name) or ".." in name:
            raise SigningError(Text("{name} is not a name that a file of a repository can have", name=repr(name)))
    for role in files:
        if role not in signing.delegated_roles:
            raise SigningError(
                Text("this repository has no role {role}", role=role),
                hint=Text("make its key with: quetsach packs keys new --name {role}", role=role),
            )
    if "packs" in files:
        signing.require_consent(files["packs"])
    signing.root()
    signing.top_targets()
    for role in signing.delegated_roles:
        signing.delegated(role, files.get(role))
    if not online:
        return signing.result()
    publication = signing.finish()
    prune(signing.folder.path, publication.versions, keep)
    return publication


def published_packs(signing: Signing, role: str) -> dict[PackName, bytes]:
    """Return the packs that a ring's role lists for clients.

    Raises:
        SigningError: a file is missing or is not what was signed.
    """
    files = {parse_name(f"{role}/{name}"): content for name, content in signing.folder.published(role).items()}
    return {name: content for name, content in files.items() if name is not None}


def _require_tried(signing: Signing, files: Mapping[str, bytes]) -> None:
    """Where the canary ring is in use, let only what was in it, or is general already, into the general ring."""
    canary = signing.folder.published("canary")
    if not canary:
        return
    tried = {*canary.values(), *signing.folder.published("packs").values()}
    if untried := sorted(name for name, content in files.items() if content not in tried):
        raise SigningError(
            Text("{pack} was not in the canary ring", pack=untried[0]),
            hint=Text("publish it with --ring canary and promote it later; in an emergency give --untried"),
        )


def _read_tool(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SigningError(Text("this tool cannot be read"), where=str(path), hint=str(error)) from error


@contextmanager
def one_publisher(folder: Path) -> Iterator[None]:
    """Hold the repository, so that two publications never mix.

    Raises:
        SigningError: it cannot be written.
    """
    try:
        storage.make_folder(folder, mode=storage.SHARED_FOLDER)
        with storage.locked(folder / ".lock"):
            yield
    except OSError as error:
        raise SigningError(Text("the repository cannot be written"), where=str(folder), hint=str(error)) from error


# What a centre does with packs that are published: give them to everybody, take them back, give them free again.

_NAMES_TOLD = 50


def promote(
    out: Path,
    *,
    keys: KeyRing,
    families: Sequence[str],
    now: datetime,
    lifetimes: Lifetimes | None = None,
    keep: int = KEEP,
    objection: Objection = no_objection,
) -> tuple[Publication, tuple[str, ...]]:
    """Give everybody what the canary ring has, byte for byte; return also the names of the packs that are new there.

    Args:
        out: the repository.
        keys: public keys of all roles and the private keys at hand; ``canary`` is not needed.
        families: which of them; none for all.
        now: the time of signing (UTC).
        lifetimes: how long signatures are good for.
        keep: how many old versions of the metadata stay.
        objection: what may speak against packs for everybody.

    Raises:
        HeldBackError: something does; nothing was changed.
        SigningError: a family is not in the canary ring, or nothing there is newer, or a key is missing.
    """
    with one_publisher(out):
        signing = Signing(out, keys, now, lifetimes or Lifetimes(), objection)
        canary = published_packs(signing, "canary")
        for family in families:
            if family not in {name.family for name in canary}:
                hint = Text("it has: {names}", names=", ".join(sorted({name.family for name in canary})) or "none")
                raise SigningError(
                    Text("the canary ring has no pack {family}", family=repr(family)), where=str(out), hint=hint
                )
        general = published_packs(signing, "packs")
        chosen = {name: content for name, content in canary.items() if not families or name.family in families}
        merged = newest_of((*general.items(), *chosen.items()))
        new = tuple(sorted(merged.keys() - {name.file for name in general}))
        if not new:
            raise SigningError(Text("the canary ring has nothing that is newer"), where=str(out))
        return offer(signing, {"packs": merged}, keep), new


def withdraw(
    out: Path,
    *,
    keys: KeyRing,
    entry: Withdrawal,
    now: datetime,
    lifetimes: Lifetimes | None = None,
    keep: int = KEEP,
    objection: Objection = no_objection,
) -> tuple[Publication, Withdrawal]:
    """Take back a family, a trait or a rule; return also the entry, with its version filled in.

    Args:
        out: the repository.
        keys: the private keys of ``withdrawals``, ``snapshot`` and ``timestamp`` are enough.
        entry: what to take back; an empty ``up_to`` means the newest version that is published in any ring.
        now: the time of signing (UTC).
        lifetimes: how long signatures are good for.
        keep: how many old versions of the metadata stay.
        objection: what may speak against packs that were signed elsewhere and lie here; never against the withdrawal.

    Raises:
        SigningError: there is no such pack, trait or rule, or a key is missing.
    """
    with one_publisher(out):
        signing = Signing(out, keys, now, lifetimes or Lifetimes(), objection)
        entry = _completed(signing, entry, where=str(out))
        others = [one for one in _withdrawn(signing) if one.label != entry.label]
        files = {"withdrawals": {LIST_FILE: list_bytes([*others, entry])}}
        return offer(signing, files, keep), entry


def unwithdraw(
    out: Path,
    *,
    keys: KeyRing,
    label: str,
    now: datetime,
    lifetimes: Lifetimes | None = None,
    keep: int = KEEP,
    objection: Objection = no_objection,
) -> Publication:
    """Take an entry (``FAMILY`` or ``FAMILY/NAME``) off the list again.

    Raises:
        SigningError: it is not on the list, or a key is missing.
    """
    with one_publisher(out):
        signing = Signing(out, keys, now, lifetimes or Lifetimes(), objection)
        listed = _withdrawn(signing)
        others = [one for one in listed if one.label != label]
        if len(others) == len(listed):
            known = ", ".join(one.label for one in listed) or "nothing"
            raise SigningError(
                Text("{label} was not withdrawn", label=repr(label)),
                where=str(out),
                hint=Text("withdrawn: {known}", known=known),
            )
        return offer(signing, {"withdrawals": {LIST_FILE: list_bytes(others)}}, keep)


def _withdrawn(signing: Signing) -> tuple[Withdrawal, ...]:
    raw = signing.folder.published("withdrawals").get(LIST_FILE)
    return parse_list(raw, where=LIST_FILE) if raw is not None else ()


def _completed(signing: Signing, entry: Withdrawal, *, where: str) -> Withdrawal:
    """Fill in the version, and refuse a name that no published version up to it has."""
    named = {**published_packs(signing, "packs"), **published_packs(signing, "canary")}
    packs = {name.version: content for name, content in named.items() if name.family == entry.family}
    up_to = entry.up_to or max(packs, default="")
    if not up_to:
        families = ", ".join(sorted({name.family for name in named})) or "none"
        hint = Text(
            "published: {families}; of one that is no longer, name the last version with --up-to", families=families
        )
        raise SigningError(Text("no pack {family} is published", family=repr(entry.family)), where=where, hint=hint)
    known: set[str] = set()
    for version, content in packs.items():
        pack = parse_pack(unpack(content), f"{entry.family}-{version}")
        known |= {text for trait in pack.traits for text in (trait.id, trait.rule) if text} | rules_by_name(pack)
    if entry.name and packs and entry.name not in known:
        raise SigningError(
            Text("the pack {family} has no trait or rule {name}", family=repr(entry.family), name=repr(entry.name)),
            where=where,
            hint=Text(
                "one of {names}",
                names=", ".join([*sorted(known)[:_NAMES_TOLD], *(["…"] if len(known) > _NAMES_TOLD else [])]),
            ),
        )
    return Withdrawal(entry.family, entry.name, up_to, entry.reason, entry.since)
