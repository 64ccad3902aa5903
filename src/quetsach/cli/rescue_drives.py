"""The drives of the machine that a stick was started on, as its terminal and its window work on them.

A drive is mounted for one piece of work and let go of at once, so that it can be pulled out and is never left half
written.
"""

import gc
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from traceback import clear_frames

from quetsach.core.errors import QuetsachError
from quetsach.endpoint.artefact import printable
from quetsach.endpoint.host.live import open_mounted
from quetsach.endpoint.store.history import SessionSummary, summaries
from quetsach.endpoint.store.state import State
from quetsach.rescue.volumes import Volume, mount_to_clean, mount_to_look, place_of, unmount

MEMORY = Path("/run/quetsach/memory")
"""Where a scan keeps its report where the stick has no room."""

ON_DRIVE = "QuetSach-"
"""How the folder begins that is made on a cleaned drive where the stick has no room."""

_UNDOABLE = frozenset({"finished", "unfinished", "partly-undone"})


@dataclass(frozen=True, slots=True)
class Kept:
    """A clean-up that can be undone, begun at ``started`` (UTC).

    ``folder`` is that on its drive which holds it; empty where the stick does.
    """

    session: str
    started: datetime | None
    volume: Volume
    folder: str


@dataclass(frozen=True, slots=True)
class Drives:
    """The drives, and where what is removed from them is kept.

    ``room`` is the folder on the stick for that, ``None`` where it has none; ``find`` lists the drives.
    """

    room: Path | None
    find: Callable[[], tuple[Volume, ...]]

    @property
    def state(self) -> Path:
        """Where scans keep what they saw."""
        return self.room or MEMORY

    @contextmanager
    def to_look(self, volume: Volume) -> Iterator[Path]:
        """Mount a drive read-only while the block lasts.

        Raises:
            RescueError: it cannot be mounted.
        """
        with _let_go(mount_to_look(volume)) as place:
            yield place

    @contextmanager
    def to_clean(self, volume: Volume) -> Iterator[Path]:
        """Mount a drive that is in order so that it can be changed, while the block lasts.

        Raises:
            RescueError: it is not in order, or cannot be mounted.
        """
        with _let_go(mount_to_clean(volume)) as place:
            yield place

    @contextmanager
    def keeping(self, place: Path) -> Iterator[Path]:
        """Give the state folder for a clean-up of a mounted drive; a new one on it goes again if nothing was done."""
        if self.room is not None:
            yield self.room
            return
        folder = _new_folder(place)
        try:
            yield folder
        finally:
            if not any(folder.glob("sessions/*")):
                shutil.rmtree(folder, ignore_errors=True)

    def kept(self, volumes: tuple[Volume, ...]) -> Iterator[Kept]:
        """Yield the clean-ups of these drives that can be undone, oldest first."""
        yield from sorted(self._kept(volumes), key=lambda one: one.session)

    def _kept(self, volumes: tuple[Volume, ...]) -> Iterator[Kept]:
        by_place = {str(place_of(volume)): volume for volume in volumes}
        if self.room is not None:
            for one in _undoable(self.room):
                if one.root in by_place:
                    yield Kept(one.session, one.started, by_place[one.root], "")
            return
        for place, volume in by_place.items():
            if volume.is_locked:
                continue
            with self.to_look(volume):
                for folder in sorted(Path(place).glob(f"{ON_DRIVE}*")):
                    for one in _undoable(folder):
                        if one.root == place:
                            yield Kept(one.session, one.started, volume, folder.name)


def system_of(place: Path) -> str | None:
    """Return what a mounted drive is to be taken as; ``None`` where the tool sees that by itself."""
    return None if open_mounted(place).platform == "windows" else "windows"


def shown(text: str) -> str:
    """Return a name that whoever wrote the disk chose, as a person may be shown it."""
    return printable(os.fsencode(text))


@contextmanager
def _let_go(place: Path) -> Iterator[Path]:
    """Unmount a place after the block. What was opened on it is held by objects, which must be gone before."""
    try:
        yield place
    except BaseException as error:
        told: BaseException | None = error
        while told is not None:
            clear_frames(told.__traceback__)
            told = told.__cause__ or told.__context__
        raise
    finally:
        gc.collect()
        unmount(place)


def _undoable(folder: Path) -> tuple[SessionSummary, ...]:
    """Return the clean-ups in a state folder that have not been undone or deleted for good; none if it is damaged."""
    try:
        state = State.existing(folder)
        found = summaries(state) if state is not None else ()
    except (QuetsachError, OSError):
        return ()
    return tuple(one for one in found if one.condition in _UNDOABLE)


def _new_folder(place: Path) -> Path:
    """Return a name on a drive that nothing has: what lies there under such a name may be forged."""
    while (folder := place / f"{ON_DRIVE}{datetime.now(UTC):%Y%m%d-%H%M%S}").exists():
        time.sleep(1)
    return folder
