"""One pack on trial: all its specimens. Several packs at once, each in a process of its own."""

import multiprocessing
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path

from quetsach.cli.trial.specimen import SpecimenTrial, try_specimen
from quetsach.core.pack import Pack
from quetsach.packs.check import can_be_planted
from quetsach.packs.errors import PackError
from quetsach.packs.load import load_pack
from quetsach.packs.specimen import specimens_of


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
