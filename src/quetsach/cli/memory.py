"""What earlier scans saw: where it is kept, and what it rests on."""

from collections.abc import Callable, Iterable
from hashlib import blake2b
from pathlib import Path

from quetsach import __version__
from quetsach.core.errors import QuetsachError
from quetsach.core.pack import Pack
from quetsach.endpoint.host.live import boot_id, lasting_disks
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.scanner.archive.find import READERS
from quetsach.endpoint.scanner.archive.library import library_version
from quetsach.endpoint.scanner.cache import Cache, key_for
from quetsach.endpoint.store.state import State


def cache_of(
    state_folder: Path, host: Host, packs: Iterable[Pack], engine: str, warn: Callable[[QuetsachError], None]
) -> Cache | None:
    """Return what scans of this machine with these packs saw; ``None``, and ``warn`` is told, if it cannot be kept.

    It is worth something only for the same packs, engine, library for archives and version of the tool, and for the
    same root taken as the same system: of packs for others only a part is looked for. Of a mounted disk, only until
    this machine is restarted: what runs on that disk may have been running in between.
    """
    try:
        state = State.open(state_folder)
        root = host.tree.stat(b"/")
        boot = b"" if host.is_live else boot_id().encode()
        known = sorted(f"{pack.family} {pack.version} {pack.digest}".encode() for pack in packs)
        place = b"%s:%d:%d" % (host.platform.encode(), root.st_dev, root.st_ino)
        key = key_for(state.key, __version__.encode(), READERS, engine.encode(), library_version(), boot, place, *known)
        name = blake2b(key, digest_size=8, person=b"quetsach-name").hexdigest()
        lasts = lasting_disks(None if host.is_live else host.tree.root)
        cache = Cache(state.folder / "seen" / name, key, lambda file: lasts(file.device, file.path, file.ctime_ns))
    except QuetsachError as error:
        warn(error)
        return None
    try:
        cache.load()
    except QuetsachError as error:  # it is empty then, and replaced when the scan ends
        warn(error)
    return cache
