"""Packs on honest systems, where they may find nothing: a drive without the infection, and programs of this machine."""

import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from quetsach.cli.trial.specimen import item_of
from quetsach.core.pack import Pack
from quetsach.endpoint.artefact import printable
from quetsach.endpoint.host.offline.mounted import open_mounted
from quetsach.endpoint.host.posix.linux import mounted_host
from quetsach.endpoint.scan_issue import Reason
from quetsach.endpoint.scanner.scan import ScanResult, Scope, scan
from quetsach.packs.goodware import goodware
from quetsach.packs.specimen.innocent import INNOCENT

_MOST_NAMED = 10


@dataclass(frozen=True, slots=True)
class HonestTrial:
    """What packs found where there is nothing: family -> what, and how much was looked at."""

    problems: dict[str, list[str]]
    files: int
    size_bytes: int = 0


def try_innocent_drives(packs: Sequence[Pack]) -> HonestTrial:
    """Return what packs find on the innocent drives of every platform: of other systems they look at files, too."""
    problems: dict[str, list[str]] = {}
    files = 0
    for platform, plant in INNOCENT.items() if packs else ():
        with tempfile.TemporaryDirectory(prefix="quetsach-") as name:
            root = Path(name).resolve() / "disk"
            root.mkdir()
            plant(root)
            seen = scan(open_mounted(root), packs, scope=Scope.FULL, now=datetime.now(UTC))
        files += seen.files
        _add(problems, seen, f"found on an innocent drive of {platform}")
    return HonestTrial(problems, files)


def try_goodware(
    packs: Sequence[Pack], folder: Path | None, *, jobs: int = 1, advance: Callable[[int], None] = lambda _files: None
) -> HonestTrial:
    """Return what packs find in honest files, whatever platform they are for.

    Args:
        packs: all at once; each still finds for itself only.
        folder: look at all of this; a sample of this machine's own files if not given.
        jobs: worker processes.
        advance: told how many files were looked at.

    Raises:
        PackError: the folder has no files.
    """
    chosen = goodware(folder)
    if not chosen.files:
        nothing = ["no honest file of this machine could be looked at: name a folder with --goodware"]
        return HonestTrial({pack.family: nothing for pack in packs}, 0)
    seen = scan(
        mounted_host(Path("/")),
        [replace(pack, platforms=frozenset({"linux"})) for pack in packs if not pack.is_guidance_only],
        scope=Scope.PATHS,
        now=datetime.now(UTC),
        paths=[os.fsencode(path.absolute()) for path in chosen.files],
        jobs=jobs,
        progress=lambda passed: advance(passed.files),
    )
    problems: dict[str, list[str]] = {}
    _add(problems, seen, "found in an honest file")
    return HonestTrial(problems, seen.files, chosen.size_bytes)


def _add(problems: dict[str, list[str]], seen: ScanResult, what: str) -> None:
    broken = [trouble for trouble in seen.failures if trouble.reason in {Reason.CRASHED, Reason.TIMED_OUT}]
    for trouble in broken[:_MOST_NAMED]:  # whose rule it was is not known: no pack passes
        for pack in seen.packs:
            told = f"an honest file was not looked at to its end ({trouble.reason}): {printable(trouble.path)}"
            problems.setdefault(pack.family, []).append(told)
    for finding in seen.findings:
        told = printable(os.fsencode(" ".join(filter(None, item_of(finding)))))
        problems.setdefault(finding.family, []).append(f"{what} by trait {finding.trait}: {told}")
