"""Reports that no tool made: what an attacker sends to break the home page, to write on it, or to raise its counters.

The bench floods a served centre with the same documents as the tests.
"""

import itertools
import json
import random
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

# Read once: a run of the tests that goes on past midnight still sends and receives on one day.
TODAY = datetime.now(UTC).date()
_WORDS = ("hay", "tai", "virus", "o", "day", "goi", "so", "nay", "xem", "ngay", "qua", "tang")
_KINDS = ("file", "process", "cron-entry", "registry-value", "service", "socket")
_ACTIONS = ("report", "quarantine", "kill", "remove-value")
_OUTCOMES = ("found", "removed", "left", "changed", "failed")


def documents(count: int, seed: int = 0) -> Iterator[bytes]:
    """Yield bodies of reports, each of another invented machine and of the published form; the same ones for a seed.

    In turn: as many invented families as fit, one message written as a family, one real family in as many rows as the
    form allows, and a machine that says that it was cleaned.
    """
    chance = random.Random(seed)
    makers = itertools.cycle((_many_families, _one_message, _many_rows, _claims_to_be_cleaned))
    for _, make in zip(range(count), makers, strict=False):
        yield json.dumps(_report(chance, make(chance))).encode()


def _report(chance: random.Random, findings: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "format": "quetsach-submission/1",
        "report_id": _identifier(chance),
        "install_id": _identifier(chance),
        "campaign": _words(chance, 3),
        "unit": str(chance.randrange(10**5)),
        "tool_version": f"0.1.{chance.randrange(10**6)}",
        "platform": chance.choice(("linux", "windows", "macos")),
        "day": str(TODAY),
        "kind": "clean",
        "scope": "full",
        "files_scanned": chance.randrange(10**6),
        "duration_seconds": chance.randrange(10**4),
        "exit_code": 11,
        "packs": [],
        "findings": findings,
    }


def _many_families(chance: random.Random) -> list[dict[str, Any]]:
    return [_finding(_words(chance, 4) + f"-{n}") for n in range(550)]  # more do not fit into 64 KiB


def _one_message(chance: random.Random) -> list[dict[str, Any]]:
    return [_finding(_words(chance, 6))]


def _many_rows(chance: random.Random) -> list[dict[str, Any]]:
    rows = itertools.product(("eicar", "sality", "mirai-gafgyt", "necurs"), _KINDS, _ACTIONS, _OUTCOMES)
    return [
        _finding(family, kind=kind, action=action, outcome=outcome, count=chance.randrange(1, 1000))
        for family, kind, action, outcome in rows
    ]


def _claims_to_be_cleaned(_chance: random.Random) -> list[dict[str, Any]]:
    return [_finding("eicar", count=2)]


def _finding(family: str, **changes: Any) -> dict[str, Any]:
    return {"family": family, "kind": "file", "action": "quarantine", "outcome": "removed", "count": 1} | changes


def _words(chance: random.Random, number: int) -> str:
    return "-".join(chance.choices(_WORDS, k=number))


def _identifier(chance: random.Random) -> str:
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))
