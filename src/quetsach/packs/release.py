"""What a centre does with packs that are published: give them to everybody, take them back, give them free again."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from quetsach.packs.container import unpack
from quetsach.packs.errors import SigningError
from quetsach.packs.keys import KeyRing
from quetsach.packs.load import parse_pack
from quetsach.packs.pruning import KEEP
from quetsach.packs.repository import offer, one_publisher, published_packs
from quetsach.packs.rings import newest_of
from quetsach.packs.signing import Lifetimes, Objection, Publication, Signing, no_objection
from quetsach.packs.withdrawal import LIST_FILE, Withdrawal, list_bytes, parse_list, rules_by_name

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
                hint = f"it has: {', '.join(sorted({name.family for name in canary})) or 'none'}"
                raise SigningError(f"the canary ring has no pack {family!r}", where=str(out), hint=hint)
        general = published_packs(signing, "packs")
        chosen = {name: content for name, content in canary.items() if not families or name.family in families}
        merged = newest_of((*general.items(), *chosen.items()))
        new = tuple(sorted(merged.keys() - {name.file for name in general}))
        if not new:
            raise SigningError("the canary ring has nothing that is newer", where=str(out))
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
            raise SigningError(f"{label!r} was not withdrawn", where=str(out), hint=f"withdrawn: {known}")
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
        hint = f"published: {families}; of one that is no longer, name the last version with --up-to"
        raise SigningError(f"no pack {entry.family!r} is published", where=where, hint=hint)
    known: set[str] = set()
    for version, content in packs.items():
        pack = parse_pack(unpack(content), f"{entry.family}-{version}")
        known |= {text for trait in pack.traits for text in (trait.id, trait.rule) if text} | rules_by_name(pack)
    if entry.name and packs and entry.name not in known:
        raise SigningError(
            f"the pack {entry.family!r} has no trait or rule {entry.name!r}",
            where=where,
            hint=f"one of {', '.join(sorted(known)[:_NAMES_TOLD])}{' …' * (len(known) > _NAMES_TOLD)}",
        )
    return Withdrawal(entry.family, entry.name, up_to, entry.reason, entry.since)
