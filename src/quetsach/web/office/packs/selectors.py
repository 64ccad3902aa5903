"""Which packs everybody gets, and which wait to be given to everybody."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from quetsach.core.text import Text
from quetsach.packs import SigningError
from quetsach.packs.change import OfferedPack, PackChange, change_digest, changes_of, offered_of
from quetsach.packs.installed import SUFFIX
from quetsach.packs.repository_folder import RepositoryFolder
from quetsach.web.office.approvals.models import Approval

KIND = "packs"
SUBJECT = "packs:general"
"""What the log and the approvals call the packs that everybody gets."""
_FOLDER = "packs-waiting"


@dataclass(frozen=True, slots=True)
class Waiting:
    """What would change for everybody. ``digest`` names exactly that, ``approval`` was asked for it last."""

    changes: tuple[PackChange, ...]
    digest: str
    approval: Approval | None

    @property
    def names(self) -> tuple[str, ...]:
        """The files that would come, and the families that would go."""
        return tuple(change.after.name if change.after else f"-{change.family}" for change in self.changes)


def pack_names(keys: Collection[str]) -> Mapping[str, str]:
    """Return what the log calls packs: those of everybody by that, one pack by its own name."""
    return {key: _("of everybody") for key in keys if f"{KIND}:{key}" == SUBJECT}


def general_packs() -> dict[str, bytes]:
    """Return the packs that everybody gets, by file name; none before the first publication.

    Raises:
        SigningError: the repository is damaged.
    """
    data: Path | None = settings.CENTER.data
    return RepositoryFolder(data / "repository").published("packs") if data else {}


def published_packs() -> tuple[OfferedPack, ...]:
    """Return the packs that everybody gets, by family.

    Raises:
        PackError: one of them, or the repository, is damaged.
    """
    return offered_of(general_packs())


def waiting_folder() -> Path:
    """Return where packs lie that wait: a shelf like any other.

    Raises:
        SigningError: this centre keeps nothing.
    """
    data: Path | None = settings.CENTER.data
    if data is None:
        raise SigningError(Text("the centre has no data folder"), hint=Text("name it with --data"))
    return data / _FOLDER


def is_anything_waiting() -> bool:
    """Whether packs wait, without reading them."""
    data: Path | None = settings.CENTER.data
    return data is not None and (data / _FOLDER).is_dir()


def waiting_packs() -> Waiting | None:
    """Return what waits; ``None`` if nothing does, or if everybody has it by now.

    Raises:
        PackError: what waits, or the repository, is damaged.
    """
    if not is_anything_waiting():
        return None
    files = {path.name: path.read_bytes() for path in sorted(waiting_folder().glob(f"*{SUFFIX}"))}
    return waiting_of(changes_of(general_packs(), files))


def waiting_of(changes: tuple[PackChange, ...]) -> Waiting | None:
    """Return changes with what was decided about exactly them; ``None`` if there are none."""
    digest = change_digest(changes)
    if not digest:
        return None
    asked = Approval.objects.filter(kind=KIND, subject=SUBJECT, digest=digest).select_related("asked_by", "decided_by")
    return Waiting(changes, digest, asked.order_by("-pk").first())
