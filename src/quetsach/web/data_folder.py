"""A centre's data folder: whose it is, whether it is a demonstration, and which builds may open it.

``centre.json`` is written at the first start and renewed at each upgrade. It says whether the folder holds the
demonstration or a real centre, which never changes, and which build wrote it last: older code refuses newer data.
"""

import json
import os
import shlex
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from quetsach import __version__, storage
from quetsach.core.errors import QuetsachError
from quetsach.core.text import Text

FILE = "centre.json"
FORMAT = 3
"""To be raised when files of the data folder change so that an older build would misread them; the database counts by
its migrations."""
_NEWEST = Text("use that release or a newer one; to go back, restore the backup from before the upgrade")
_HERE = Path(__file__).parent
_NOTED_AS = {"office.plans": "office.campaigns", "office.tree": "office.units"}
"""Apps whose migrations were noted in data folders under an earlier place, which is their label, too."""


class FolderError(QuetsachError):
    """A data folder may not be used as it is."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a data folder says of itself.

    Attributes:
        is_demonstration: whether it holds the demonstration; else a real centre.
        release: the release that prepared it last.
        format: the form of its files.
        migrations: the newest migration of each of our apps that its database has.
    """

    is_demonstration: bool
    release: str = __version__
    format: int = FORMAT
    migrations: tuple[str, ...] = ()

    @classmethod
    def read(cls, data: Path) -> Self | None:
        """Read the stamp; ``None`` where a folder has none yet.

        Raises:
            FolderError: it is damaged, or of a newer build.
        """
        path = data / FILE
        try:
            found = json.loads(
                storage.read_secret(path, least_bytes=2, hint=Text("put it back from the centre's backup"))
            )
            stamp = cls(
                found["is_demonstration"] is True,
                str(found["release"]),
                int(found["format"]),
                tuple(map(str, found["migrations"])),
            )
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (ValueError, KeyError, TypeError, storage.StorageError) as error:
            raise FolderError(
                Text("the note about the data folder is damaged"),
                where=str(path),
                hint=Text("put it back from the centre's backup"),
            ) from error
        unknown = set(stamp.migrations) - {str(name) for names in own_migrations().values() for name in names}
        if stamp.format > FORMAT or unknown:
            raise FolderError(
                Text(
                    "the data was written by a newer release ({newer}) than this one ({own})",
                    newer=stamp.release,
                    own=__version__,
                ),
                where=str(data),
                hint=_NEWEST,
            )
        return stamp

    def write(self, data: Path) -> None:
        """Keep the stamp.

        Raises:
            OSError: it cannot be written.
        """
        storage.write(data / FILE, json.dumps(asdict(self), indent=1) + "\n")

    @property
    def is_of_older_release(self) -> bool:
        """Whether an older release has prepared the folder to the end; not so in the midst of a first start."""
        return self.format < FORMAT or bool(self.migrations and not self.is_current)

    @property
    def is_current(self) -> bool:
        """Whether this build has nothing to bring up to date."""
        return self.format == FORMAT and set(self.migrations) == set(newest_migrations())


def own_migrations() -> dict[str, tuple[str, ...]]:
    """Return the migrations of this build by app, in order; found as files, without Django."""
    found: dict[str, tuple[str, ...]] = {}
    for folder in sorted(_HERE.rglob("migrations")):
        place = ".".join(folder.parent.relative_to(_HERE).parts)
        app = _NOTED_AS.get(place, place)
        found[app] = tuple(sorted(f"{app}:{path.stem}" for path in folder.glob("[0-9]*.py")))
    return found


def newest_migrations() -> tuple[str, ...]:
    """Return the newest migration of each of our apps."""
    return tuple(names[-1] for names in own_migrations().values() if names)


def is_real(data: Path | None) -> bool:
    """Whether a folder is known to be no demonstration: what was invented has no place there."""
    stamp = Stamp.read(data) if data is not None else None
    return stamp is not None and not stamp.is_demonstration


def holds_centre(data: Path) -> bool:
    """Whether somebody has begun something in a folder: a centre was prepared there, or feeds were taken in."""
    return (data / "secret.key").exists() or holds_deliveries(data)


def holds_deliveries(data: Path) -> bool:
    """Whether feeds were taken in."""
    deliveries = data / "lake" / "deliveries"
    return deliveries.is_dir() and any(deliveries.iterdir())


def require_private(data: Path) -> None:
    """Refuse a data folder that others may look into, or that belongs in part to somebody else.

    An empty one of ours is closed instead: nothing in it can have been read.

    Raises:
        FolderError: with the command that mends it.
    """
    if os.name != "posix" or not data.exists():
        return
    own, named = os.geteuid(), shlex.quote(str(data))
    for path in (data, *data.iterdir()) if data.is_dir() else (data,):
        if _owner(path) not in (own, None):
            raise FolderError(
                Text("this belongs to another user than the one who runs the command"),
                where=str(path),
                hint=Text(
                    "run it as the owner of the data folder; if that is you: chown -R {own} {named}",
                    own=own,
                    named=named,
                ),
            )
    if data.stat().st_mode & 0o077:
        if not any(data.iterdir()):
            data.chmod(storage.PRIVATE_FOLDER)
            return
        raise FolderError(
            Text("other users may look into the data folder, which holds keys, people and raw sightings"),
            where=str(data),
            hint=Text("close it: chmod -R go= {named}", named=named),
        )


def _owner(path: Path) -> int | None:
    """Return whose a file is; ``None`` for one that a running centre has taken away meanwhile."""
    try:
        return path.lstat().st_uid
    except FileNotFoundError:
        return None
