"""What a centre has taken back: a signed list that disarms packs and traits wherever they came from.

The list is one small file of the repository, signed by a role of its own, which can disarm and never arm. A client
keeps the last one it verified in its state, so that what was taken back stays so without a network, and applies it to
installed, bundled and named packs alike. An entry counts up to a version: a mended pack has a higher one and is armed.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from quetsach import storage
from quetsach.core.language import DATA_LANGUAGES
from quetsach.core.pack import ANY_RULE, Action, ArtefactKind, Pack, Trait
from quetsach.core.rule_text import named_in, rules_of
from quetsach.core.text import LocalText, Text
from quetsach.packs import PackError

LIST_FILE = "list.json"
LIST_LIMIT_BYTES = 262_144

_STATE_FILE = "withdrawals.json"
_FORMAT = 1
_ENTRIES_LIMIT = 2000
_TEXT_LIMIT = 1000
_HINT = Text("run: quetsach update")


class WithdrawalError(PackError):
    """The list of what was taken back cannot be read; nothing may act without it."""


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """One thing that was taken back: a family, or with ``name`` its traits of that id or with that rule.

    It counts for all versions up to ``up_to``.
    """

    family: str
    name: str
    up_to: str
    reason: LocalText
    since: date

    @property
    def label(self) -> str:
        """``FAMILY`` or ``FAMILY/NAME``, as the command takes it."""
        return f"{self.family}/{self.name}" if self.name else self.family

    def concerns(self, pack: Pack) -> bool:
        """Say whether this is about a pack, in this version of it."""
        return self.family == pack.family and pack.version <= self.up_to


def parse_list(raw: bytes, *, where: str) -> tuple[Withdrawal, ...]:
    """Read a list.

    Raises:
        WithdrawalError: it is none, or of a form that this version does not know.
    """
    try:
        return tuple(_entry(entry) for entry in _entries(raw))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise WithdrawalError(
            Text("the list of what the centre has taken back cannot be read"),
            where=where,
            hint=Text("run: quetsach update ({detail})", detail=error),
        ) from error


def list_bytes(withdrawals: Iterable[Withdrawal]) -> bytes:
    """Return a list as the file that is signed; the same entries give the same bytes."""
    entries = [
        {
            "family": one.family,
            "name": one.name,
            "up_to": one.up_to,
            "reason": {"vi": one.reason.vi, "en": one.reason.en},
            "since": one.since.isoformat(),
        }
        for one in sorted(withdrawals, key=lambda one: (one.family, one.name))
    ]
    return (json.dumps({"format": _FORMAT, "withdrawn": entries}, ensure_ascii=False, indent=1) + "\n").encode()


def known_withdrawals(state: Path) -> tuple[Withdrawal, ...]:
    """Return the list that the last good update left in the state.

    Raises:
        WithdrawalError: there is one and it cannot be read.
    """
    raw = kept_list(state)
    return () if raw is None else parse_list(raw, where=str(state / _STATE_FILE))


def kept_list(state: Path) -> bytes | None:
    """Return the bytes of the list in the state; ``None`` if there is none.

    Raises:
        WithdrawalError: there is one and it cannot be read.
    """
    path = state / _STATE_FILE
    try:
        with path.open("rb") as file:
            return storage.read_up_to(file, LIST_LIMIT_BYTES)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise WithdrawalError(
            Text("the list of what the centre has taken back cannot be read"), where=str(path), hint=str(error)
        ) from error


def keep_withdrawals(state: Path, raw: bytes) -> None:
    """Keep a verified list in the state, whole or not at all; where there is none, an empty one is not written.

    Raises:
        OSError: the state cannot be written.
    """
    path = state / _STATE_FILE
    if kept_list(state) == raw or (not path.exists() and raw == list_bytes(())):
        return
    storage.write(path, raw)


def disarm(packs: Iterable[Pack], withdrawals: Iterable[Withdrawal]) -> tuple[tuple[Pack, ...], tuple[Withdrawal, ...]]:
    """Take out of packs what was taken back, and say which entries of the list did so.

    A trait that stands on one that goes (``refers_to``, ``named_by``, ``only_with``) and on no other goes with it:
    without its test it would match more than it should. Of a pack that tells of any rule (``*``), rules go one by one.
    """
    listed = tuple(withdrawals)
    armed: list[Pack] = []
    effective: set[Withdrawal] = set()
    for pack in packs:
        here = [one for one in listed if one.concerns(pack)]
        if any(not one.name for one in here):
            effective.update(one for one in here if not one.name)
            continue
        rules, gone_rules = _without_rules(pack, frozenset(one.name for one in here))
        names = gone_rules.union((one.name for one in here), (ANY_RULE,) if gone_rules and not rules else ())
        gone = {trait.id for trait in pack.traits if trait.id in names or trait.rule in names}
        known = gone_rules.union(*({trait.id, trait.rule} for trait in pack.traits))
        effective.update(one for one in here if one.name in known)
        if not gone and not gone_rules:
            armed.append(pack)
        elif traits := _standing(pack.traits, gone):
            armed.append(replace(pack, rules=rules, traits=traits, digest=_digest(pack, traits, gone_rules)))
    return tuple(armed), tuple(one for one in listed if one in effective)


def rules_by_name(pack: Pack) -> frozenset[str]:
    """Return the rules that can be taken back though no trait names them: those of a pack that tells of any rule."""
    if not any(trait.rule == ANY_RULE for trait in pack.traits):
        return frozenset()
    return frozenset(rule.name for rule in rules_of(pack.rules).rules)


def _without_rules(pack: Pack, names: frozenset[str]) -> tuple[str, frozenset[str]]:
    """Return the rules of a pack without those of these names and what rests on them, and the names of all that went.

    Only of a pack that tells of any rule: in others, traits go.
    """
    if not names or names.isdisjoint(rules_by_name(pack)):
        return pack.rules, frozenset()
    whole = rules_of(pack.rules)
    gone: set[str] = set()
    for rule in whole.rules:  # a rule names only earlier ones
        if rule.name in names or named_in(rule.condition, gone):
            gone.add(rule.name)
    kept = [rule for rule in whole.rules if rule.name not in gone]
    return whole.text(kept) if kept else "", frozenset(gone)


def _standing(traits: tuple[Trait, ...], gone: set[str]) -> tuple[Trait, ...]:
    """Return the traits that stay when some go, without those that lose all they stood on.

    What a trait only reported was kept from the traits behind it, such as an owner's own miner from those of a worm.
    When it goes, those of its kind behind it only report too: a list that disarms must never make anything be acted on.
    """
    while True:
        kept = [trait for trait in traits if trait.id not in gone]
        fallen = {
            trait.id
            for trait in kept
            for needed in (trait.refers_to, trait.named_by, trait.only_with)
            if needed and gone.issuperset(needed)
        }
        if not fallen:
            break
        gone = gone | fallen
    reported = _only_reported(traits, gone)
    return tuple(
        replace(
            trait,
            action=Action.REPORT if trait.id in reported else trait.action,
            refers_to=_without(trait.refers_to, gone),
            named_by=_without(trait.named_by, gone),
            only_with=_without(trait.only_with, gone),
        )
        for trait in kept
    )


def _only_reported(traits: tuple[Trait, ...], gone: set[str]) -> set[str]:
    """Return the traits behind one of their kind that only reported and goes, and those of files that these name."""
    shielded: set[ArtefactKind] = set()
    reported: set[str] = set()
    for trait in traits:
        if trait.kind in shielded:
            reported.add(trait.id)
        elif trait.id in gone and trait.action is Action.REPORT:
            shielded.add(trait.kind)
    return reported | {trait.id for trait in traits if not reported.isdisjoint(trait.named_by)}


def _without(names: tuple[str, ...], gone: set[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name not in gone)


def _digest(pack: Pack, traits: tuple[Trait, ...], gone_rules: frozenset[str]) -> str:
    """Tell the pack apart from its whole: what the whole has seen before says nothing about this one, and back."""
    parts = (pack.digest, *(f"{trait.id} {trait.action}" for trait in traits), "", *sorted(gone_rules))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _entries(raw: bytes) -> list[Any]:
    if len(raw) > LIST_LIMIT_BYTES:
        raise ValueError("it is too long")
    document = json.loads(raw)
    if document["format"] != _FORMAT:
        raise ValueError("a newer version of the tool may be needed")
    entries = document["withdrawn"]
    if not isinstance(entries, list) or len(entries) > _ENTRIES_LIMIT:
        raise ValueError("its entries are no list of reasonable length")
    return entries


def _entry(entry: Any) -> Withdrawal:
    texts = [entry[field] for field in ("family", "name", "up_to", "since")]
    reason = [entry["reason"][language] for language in DATA_LANGUAGES]
    for text in (*texts, *reason):
        if not isinstance(text, str) or len(text) > _TEXT_LIMIT or not text.isprintable():
            raise ValueError("a text in it is none of one line")
    if not texts[0] or not texts[2]:
        raise ValueError("an entry names no family or no version")
    return Withdrawal(texts[0], texts[1], texts[2], LocalText(vi=reason[0], en=reason[1]), date.fromisoformat(texts[3]))
