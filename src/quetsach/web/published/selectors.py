"""What pages read: published figures, the tool on offer, packs, definitions."""

import hashlib
import json
import logging
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from quetsach.assess import DEFINITIONS
from quetsach.campaign.tool_catalogue import OtherTool
from quetsach.centre.other_tools import load_other_tools
from quetsach.centre.publication import candidates
from quetsach.centre.publication.candidates import Month
from quetsach.centre.publication.snapshot import PublicationError, Snapshot, listed_path, read_snapshot
from quetsach.core.address import Address
from quetsach.core.errors import QuetsachError
from quetsach.core.family import UNKNOWN_FAMILY, UNPLACED_FAMILY
from quetsach.core.pack import Pack
from quetsach.installation import bundled
from quetsach.lake.listed import Listed
from quetsach.packs.downloads import LIST_FILE, parse_downloads
from quetsach.packs.load import load_shelf
from quetsach.web.published.answer import AddressList, ListedFamily, Listing, Look, address_check
from quetsach.web.published.family import pack_about, packs_about
from quetsach.web.published.offer import OfferedFile
from quetsach.web.published.report_counts import RETURNS, TOOL_REPORTS, Definition

MANIFEST_FORMAT = "quetsach-downloads/2"
_MANIFEST_LIMIT_BYTES = 65_536
_logger = logging.getLogger("quetsach.web.portal")


@dataclass(frozen=True, slots=True)
class RootOfTrust:
    """What the repository's signatures go back to; people compare ``sha256`` (hex) with an official letter."""

    file_name: str
    sha256: str

    @property
    def path(self) -> str:
        """Where in the repository it is."""
        return f"metadata/{self.file_name}"


def published_snapshot() -> Snapshot | None:
    """Return the published figures; none rather than a broken page where the file is damaged, which healthz reports."""
    try:
        return read_snapshot(settings.CENTER.data)
    except PublicationError as error:
        _logger.error("figures: %s", error)  # noqa: TRY400  (the trace adds nothing to what the error says)
        return None


def publisher() -> str:
    """Return who publishes the figures; empty where the centre does not say."""
    controller: str = settings.CENTER.controller
    return controller


def published_months() -> tuple[Month, ...]:
    """Return the rankings of every month that has any, the earliest first; what is published now is of the last."""
    snapshot = published_snapshot()
    kept = {month.month: month for month in candidates.published_months(settings.CENTER.data)}
    if snapshot:  # figures that an earlier version published are in no month yet
        kept |= {f"{snapshot.as_of:%Y-%m}": candidates.month_of(snapshot)}
    return tuple(month for _name, month in sorted(kept.items()))


def day_of_data(now: datetime) -> date:
    """Return the day that is "today" for the figures: the last of a demonstration, otherwise the real one (UTC)."""
    snapshot = published_snapshot()
    return snapshot.as_of if snapshot and snapshot.demonstration else now.date()


def address_list() -> AddressList | None:
    """Return the addresses reported lately, or ``None`` before the first publication."""
    data: Path | None = settings.CENTER.data
    path = listed_path(data) if data else None
    if path is None or not path.exists():
        return None
    try:
        return _open_listed(path, path.stat().st_mtime_ns, path.stat().st_ino)
    except (QuetsachError, OSError) as error:
        _logger.error("addresses: %s", error)  # noqa: TRY400
        return None


def look_up(address: Address | None, now: datetime) -> Look:
    """Look a visitor's address up in what is published."""
    return address_check(address=address, listed=address_list(), today=day_of_data(now))


@lru_cache(maxsize=1)
def _open_listed(path: Path, _changed: int, _inode: int) -> Listed:
    return Listed.open(path)


def describe_listing(listing: Listing) -> ListedFamily:
    """Give a listing the name of its family and, if a pack knows it, the page about it."""
    snapshot = published_snapshot()
    names = snapshot.family_names if snapshot else {}
    pack = pack_of(listing.family)
    page = reverse("family", args=[pack.family]) if pack else ""
    if listing.family in (UNKNOWN_FAMILY, UNPLACED_FAMILY):
        return ListedFamily(str(_("malware without a known name")), listing.last_day)
    return ListedFamily(names.get(listing.family, listing.family), listing.last_day, page, platforms_of(listing.family))


def offered_files() -> tuple[OfferedFile, ...]:
    """Return the files on offer: those of the release in its order, then the wheel; none while this centre has none."""
    data: Path | None = settings.CENTER.data
    if data is None:
        return ()
    released = _released(data / "tool" / LIST_FILE, data / "repository" / "targets" / "tools")
    wheel = _offered_wheel(data / "tool")
    return tuple(file for file in (*released, wheel) if file is not None and file.path.is_file())


def offered_file(name: str) -> OfferedFile | None:
    """Return one of the files on offer by its name."""
    return next((file for file in offered_files() if file.file_name == name), None)


def _released(listed: Path, published: Path) -> tuple[OfferedFile, ...]:
    """Return the files of a release, which lie in the repository under their hashes (consistent snapshots)."""
    try:
        with listed.open("rb") as file:
            entries = parse_downloads(file.read(_MANIFEST_LIMIT_BYTES), where=str(listed))
    except FileNotFoundError:
        return ()
    except (QuetsachError, OSError) as error:
        _logger.error("release on offer: %s", error)  # noqa: TRY400
        return ()
    return tuple(
        OfferedFile(
            path=published / f"{entry.sha256}.{entry.name}",
            file_name=entry.name,
            version=entry.version,
            size_bytes=entry.size_bytes,
            sha256=entry.sha256,
            system=entry.system,
            kind=entry.kind,
            signed_by=entry.signed_by,
        )
        for entry in entries
    )


def _offered_wheel(folder: Path) -> OfferedFile | None:
    try:
        with (folder / "tool.json").open("rb") as file:
            facts = json.loads(file.read(_MANIFEST_LIMIT_BYTES))
        name = Path(facts["file_name"]).name
        return OfferedFile(folder / name, name, facts["version"], facts["size_bytes"], facts["sha256"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        _logger.error("tool on offer: %s", error)  # noqa: TRY400
        return None


def other_tools() -> tuple[OtherTool, ...]:
    """Return the catalogue of other makers' tools; none where it is damaged: what was withdrawn must not come back."""
    try:
        return load_other_tools(settings.CENTER.data)
    except (QuetsachError, OSError) as error:
        _logger.error("tools of others: %s", error)  # noqa: TRY400
        return ()


def was_seen_on_windows() -> bool:
    """Whether this build carries what a real Windows answered to the checks of the handbook."""
    return any((bundled("data") / "windows").glob("*.json"))


def root_of_trust() -> RootOfTrust | None:
    """Return the newest root of the repository that this centre serves, or ``None`` while it has none."""
    data: Path | None = settings.CENTER.data
    paths = (data / "repository" / "metadata").glob("*.root.json") if data else ()
    numbers = {path.name.partition(".")[0]: path for path in paths if not path.is_symlink()}
    roots = {int(number[:9]): path for number, path in numbers.items() if number.isdecimal()}
    if not roots:
        return None
    newest = roots[max(roots)]
    try:
        return RootOfTrust(newest.name, hashlib.sha256(newest.read_bytes()).hexdigest())
    except OSError as error:
        _logger.error("root of trust: %s", error)  # noqa: TRY400
        return None


def shelf() -> tuple[Pack, ...]:
    """Return the packs that the centre publishes, by family."""
    found = _shelf_version()
    return _load_shelf(*found) if found else ()


def pack_of(family: str) -> Pack | None:
    """Return the pack that is about a family of the families' table; ``None`` if there is none."""
    found = _shelf_version()
    return _pack_of(family, *found) if found else None


def platforms_of(family: str) -> frozenset[str]:
    """Return where a family of the families' table lives, as all packs about it say; nothing if there is none."""
    found = _shelf_version()
    return _platforms_of(family, *found) if found else frozenset()


def _shelf_version() -> tuple[Path, int] | None:
    """Return where the packs are and when that was last changed; ``None`` if there are none that can be read."""
    data: Path | None = settings.CENTER.data
    folder = data / "repository" / "targets" / "packs" if data else None
    try:
        if folder is None or not folder.is_dir():
            return None
        version = folder, folder.stat().st_mtime_ns
        _load_shelf(*version)
    except (QuetsachError, OSError) as error:
        _logger.error("shelf: %s", error)  # noqa: TRY400
        return None
    return version


@lru_cache(maxsize=4096)
def _pack_of(family: str, folder: Path, changed: int) -> Pack | None:
    return pack_about(family, _load_shelf(folder, changed))


@lru_cache(maxsize=4096)
def _platforms_of(family: str, folder: Path, changed: int) -> frozenset[str]:
    return frozenset[str]().union(*(pack.platforms for pack in packs_about(family, _load_shelf(folder, changed))))


@lru_cache(maxsize=2)
def _load_shelf(folder: Path, _changed: int) -> tuple[Pack, ...]:
    return load_shelf(folder)


def definitions() -> tuple[Definition, ...]:
    """Return how every figure on these pages is counted."""
    return (*(Definition(d.id, d.name, (d.text,)) for d in DEFINITIONS.values()), TOOL_REPORTS, RETURNS)
