"""The frozen baseline: counted once, by decision, sealed, and the only thing that later figures are compared with.

A baseline that could be counted anew would move with late files, another feed or another table. What is frozen names
all of these, so that a later run can say what changed. People freeze it; no reading of figures ever does.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from quetsach.assess.definitions import ADDRESS_KEY, WINDOW, Basis, Figure, ReportHealth
from quetsach.assess.estimate import AssessError, Notice
from quetsach.core.errors import QuetsachError
from quetsach.core.period import Period, parse_day
from quetsach.core.text import Number, Text

MAX_BYTES = 1 << 16
_NOT_ONE = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError, QuetsachError)
_HINT = "restore the file from a backup; another baseline is a decision: quetsach center campaigns freeze-baseline"


@dataclass(frozen=True, slots=True)
class FreezingAct:
    """Who froze a baseline and on what: the decision's number, its reason, the feeds that were named beforehand.

    ``feed_days`` is on how many days of the window each of them had data, ``lake`` the state that was counted,
    ``request`` the SHA-256 (hex) of what the second person agreed to; empty where one person was enough.
    """

    number: int
    expected: tuple[str, ...]
    feed_days: Mapping[str, int]
    reason: str
    asked_by: str
    agreed_by: str
    lake: str
    request: str = ""

    def as_json(self) -> dict[str, object]:
        """Return the act for machines."""
        return {**asdict(self), "expected": list(self.expected), "feed_days": dict(self.feed_days)}


@dataclass(frozen=True, slots=True)
class FrozenBaseline:
    """What was counted, over which window, from what, when it was frozen (UTC) and by which decision.

    ``act`` is ``None`` in a baseline that was frozen before that took a decision: it counts as the first.
    """

    campaign: str
    addresses: int
    basis: Basis
    frozen_at: datetime
    act: FreezingAct | None = None

    @property
    def number(self) -> int:
        """The number of the decision, counted from 1 in each campaign."""
        return self.act.number if self.act else 1

    @property
    def request(self) -> str:
        """SHA-256 (hex) of what was asked for and agreed to; empty where nobody asked."""
        return self.act.request if self.act else ""

    @property
    def figure(self) -> Figure:
        """The frozen number."""
        return Figure(self.addresses, WINDOW, self.basis)

    @property
    def digest(self) -> str:
        """SHA-256 in hex over the canonical content."""
        return hashlib.sha256(_canonical(self._content())).hexdigest()

    def to_json(self) -> bytes:
        """Return the file: the content and its seal."""
        sealed = {"baseline": self._content(), "sha256": self.digest}
        return json.dumps(sealed, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"

    def _content(self) -> dict[str, object]:
        return {
            "campaign": self.campaign,
            "addresses": self.addresses,
            "definition": WINDOW.id,
            "frozen_at": self.frozen_at.astimezone(UTC).isoformat(),
            **self.basis.as_json(),
            **({"act": self.act.as_json()} if self.act else {}),
        }


def read_baseline(content: bytes, *, where: str) -> FrozenBaseline:
    """Read a frozen baseline and check its seal.

    Raises:
        AssessError: it is damaged, or its content is not what was sealed.
    """
    if len(content) > MAX_BYTES:
        raise AssessError(Text("not a frozen baseline: too large"), where=where, hint=_HINT)
    try:
        sealed: dict[str, Any] = json.loads(content)
        found: dict[str, Any] = sealed["baseline"]
        is_whole = hashlib.sha256(_canonical(found)).hexdigest() == sealed["sha256"]
        frozen = _frozen(found)
    except _NOT_ONE as error:
        raise AssessError(Text("not a frozen baseline: {reason}", reason=error), where=where, hint=_HINT) from error
    if not is_whole:
        raise AssessError(Text("the frozen baseline is not what was sealed: it was changed"), where=where, hint=_HINT)
    if (found["definition"], found["key"]) != (WINDOW.id, ADDRESS_KEY):
        raise AssessError(
            Text("the frozen baseline counts something else: {what}", what=found["definition"]), where=where, hint=_HINT
        )
    return frozen


def basis_from_json(content: Mapping[str, Any]) -> Basis:
    """Return the basis that ``Basis.as_json`` gave; what is damaged raises ValueError, KeyError or TypeError."""
    return Basis(
        Period(parse_day(content["first"]), parse_day(content["last"])),
        tuple(content["feeds"]),
        int(content["days_with_data"]),
        parse_day(content["as_of"]),
        tuple(content["network_versions"]),
        health=tuple(map(ReportHealth.from_json, content.get("health", ()))),  # not in those of an earlier version
    )


def _frozen(content: dict[str, Any]) -> FrozenBaseline:
    basis = basis_from_json(content)
    frozen_at = datetime.fromisoformat(content["frozen_at"]).astimezone(UTC)
    act = _act(content["act"]) if "act" in content else None
    return FrozenBaseline(str(content["campaign"]), int(content["addresses"]), basis, frozen_at, act)


def _act(content: dict[str, Any]) -> FreezingAct:
    texts = {name: str(content[name]) for name in ("reason", "asked_by", "agreed_by", "lake", "request")}
    return FreezingAct(
        number=int(content["number"]),
        expected=tuple(str(feed) for feed in content["expected"]),
        feed_days={str(feed): int(days) for feed, days in content["feed_days"].items()},
        **texts,
    )


def compare_again(frozen: FrozenBaseline, addresses: int, basis: Basis) -> tuple[Notice, ...]:
    """Say what differs between the frozen baseline and the same window counted now. The frozen one stays in force.

    Raises:
        AssessError: the campaign now names another window than the frozen one.
    """
    if basis.window != frozen.basis.window:
        raise AssessError(
            Text(
                "the baseline was frozen over {frozen}, the campaign now says {stated}",
                frozen=str(frozen.basis.window),
                stated=str(basis.window),
            ),
            hint=_HINT,
        )
    notices = []
    if addresses != frozen.addresses:
        notices.append(
            Notice(
                "baseline-counts-differently",
                Text(
                    "Counted again, the baseline window now has {addresses} addresses and not the frozen {frozen}; "
                    "the frozen figure stays in force.",
                    addresses=Number(addresses),
                    frozen=Number(frozen.addresses),
                ),
            )
        )
    if basis.feeds != frozen.basis.feeds:
        notices.append(feed_set_differs(frozen.basis, basis))
    if basis.network_versions != frozen.basis.network_versions:
        notices.append(
            Notice(
                "network-tables-differ",
                Text(
                    "The address tables are not those of the frozen baseline; counts of addresses stay, their split by "
                    "provider may change."
                ),
            )
        )
    return tuple(notices)


def feed_set_differs(frozen: Basis, now: Basis) -> Notice:
    """Say that two figures stand on different feeds."""
    before, after = ", ".join(frozen.feeds) or "–", ", ".join(now.feeds) or "–"
    return Notice(
        "feed-set-differs",
        Text(
            "The feeds differ from those of the baseline ({before} against {after}); the two figures do not compare.",
            before=before,
            after=after,
        ),
    )


def _canonical(content: dict[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
