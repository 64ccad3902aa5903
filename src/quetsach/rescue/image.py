"""Make the image of a rescue stick."""

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

from quetsach import storage
from quetsach.rescue.boot import write_image
from quetsach.rescue.device import mounted_places
from quetsach.rescue.errors import RescueError
from quetsach.rescue.sources import sources_here
from quetsach.rescue.system import Workshop, install_system, pack_system
from quetsach.rescue.tool import overlay_files, tool_files, write_archive

_CHUNK_BYTES = 4 << 20

STEPS = ("tool", "system", "packing", "image")
"""What is done, in order; told while it goes on."""


@dataclass(frozen=True, slots=True)
class Made:
    """An image that was made."""

    path: Path
    size_bytes: int
    sha256: str


def make_image(
    image: Path, *, bundled: Mapping[str, bytes], work: Path, epoch: int, told: Callable[[str], None]
) -> Made:
    """Make the image of a stick from Debian's packages and this tool.

    Args:
        image: the file to write; it is there when all of it is.
        bundled: packs and root of trust for the tool on the stick, by name inside ``quetsach/bundled``.
        work: a folder with room, in which all is made.
        epoch: the time (seconds since 1970) that all of it bears: the same packages then give the same bytes.
        told: hears the names of the steps.

    Raises:
        RescueError: it cannot be made; nothing is left of it.
    """
    sources = sources_here()
    with workshop_in(work) as workshop:
        told("tool")
        archive = workshop.folder / "tool.tar"
        write_archive(archive, chain(overlay_files(), tool_files(bundled)), epoch=epoch)
        told("system")
        install_system(workshop, sources, archive, epoch=epoch)
        told("packing")
        pack_system(workshop, epoch=epoch)
        told("image")
        made = workshop.folder / "stick.iso"
        day = datetime.fromtimestamp(epoch, UTC).date()
        write_image(workshop, made, title=f"Quét Sạch {day}", epoch=epoch)
        with made.open("rb") as source, storage.replacing(image, mode=storage.SHARED) as target:
            shutil.copyfileobj(source, target, _CHUNK_BYTES)
    with image.open("rb") as stream:
        return Made(image, image.stat().st_size, hashlib.file_digest(stream, "sha256").hexdigest())


@contextmanager
def workshop_in(work: Path) -> Iterator[Workshop]:
    """Give folders to make an image in, which go afterwards.

    Raises:
        RescueError: something is still mounted in them, which may be the machine's own: they are left then.
    """
    folder = Path(tempfile.mkdtemp(prefix="quetsach-rescue-", dir=work))
    try:
        yield Workshop(folder)
    finally:
        if any(place.is_relative_to(folder) for place in mounted_places()):
            raise RescueError(
                "something is still mounted in the folder of the work", where=str(folder), hint="unmount it"
            )
        shutil.rmtree(folder, ignore_errors=True)
