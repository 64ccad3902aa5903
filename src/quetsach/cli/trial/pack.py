"""One pack on trial: all its specimens. Several packs at once, each in a process of its own."""

import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from quetsach.cli.trial.specimen import SpecimenTrial, item_of, try_specimen
from quetsach.core.pack import Pack
from quetsach.endpoint.artefact import printable
from quetsach.endpoint.host.offline.mounted import open_mounted
from quetsach.endpoint.host.posix.linux import mounted_host
from quetsach.endpoint.scan_issue import Reason
from quetsach.endpoint.scanner.scan import ScanResult, Scope, scan
from quetsach.packs import PackError
from quetsach.packs.check import can_be_planted
from quetsach.packs.goodware import goodware
from quetsach.packs.load import load_pack
from quetsach.packs.specimen import specimens_of
from quetsach.packs.specimen.innocent import INNOCENT


@dataclass(slots=True)
class PackTrial:
    """What the trial of one pack came to; ``pack`` is ``None`` when it cannot be used."""

    path: Path
    pack: Pack | None = None
    specimens: tuple[SpecimenTrial, ...] = ()
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0


def try_pack(folder: Path) -> PackTrial:
    """Return what goes wrong with the specimens of the pack in a folder. This runs its ``specimen.py``."""
    started = time.monotonic()
    trial = PackTrial(folder)
    try:
        trial.pack = load_pack(folder)
        if can_be_planted(trial.pack):
            of_pack = specimens_of(folder, trial.pack.platforms)
            trial.specimens = tuple(try_specimen(trial.pack, specimen, folder) for specimen in of_pack)
    except PackError as error:
        trial.problems.append(error.explain())
    for one in trial.specimens:
        named = f"{one.platform}: " if len(trial.specimens) > 1 else ""
        trial.problems += [f"{named}{problem}" for problem in one.problems]
    trial.seconds = time.monotonic() - started
    return trial


def try_packs(folders: Sequence[Path], *, jobs: int = 1) -> Iterator[PackTrial]:
    """Yield the trial of each pack folder as it ends."""
    if jobs == 1 or len(folders) == 1:
        yield from map(try_pack, folders)
        return
    # A fresh interpreter for each worker: match engines have threads, which a fork would not take along.
    with ProcessPoolExecutor(min(jobs, len(folders)), mp_context=multiprocessing.get_context("spawn")) as crew:
        waiting = {crew.submit(try_pack, folder): folder for folder in folders}
        for done in as_completed(waiting):
            try:
                yield done.result()
            except BrokenProcessPool:
                yield PackTrial(waiting[done], problems=["the trial was ended from outside: run it again, alone"])


# Packs on honest systems, where they may find nothing: a drive without the infection, and programs of this machine.

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
