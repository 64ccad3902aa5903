"""The keys and pictures that a unit's letters are signed with: files in the centre's data folder.

``letters/keys/<unit key>/`` holds ``person.p12`` and ``agency.p12`` (PKCS #12 without a pass phrase, for the centre's
account alone) and, if wanted, ``person.png`` and ``agency.png``. A unit without them issues unsigned letters, and only
where somebody consents to that.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from django.conf import settings

from quetsach import storage
from quetsach.core.errors import QuetsachError
from quetsach.web.office.letters.document.certificates import (
    Certificate,
    read_certificate,
    read_validity,
    refuse_other_name,
)
from quetsach.web.office.letters.document.demonstration import AUTHORITY, demonstration_keys
from quetsach.web.office.letters.models import Letter
from quetsach.web.office.letters.printing import Seals
from quetsach.web.office.units.models import Unit

_KEY_LEAST_BYTES = 100

if TYPE_CHECKING:
    from quetsach.web.office.letters.document.timestamp import TimeStampAuthority


@dataclass(frozen=True, slots=True)
class Outlook:
    """What issuing would do now: sign with these certificates (none: the unit has no keys), or fail for ``trouble``."""

    certificates: tuple[Certificate, ...] = ()
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class KeyState:
    """What the keys of a unit are worth: whose they are, until when both certificates count (UTC), whether they do now.

    ``trouble`` says why they cannot be used. A certificate that was revoked is not known here: nobody is asked.
    """

    unit: Unit
    person: Certificate | None = None
    agency: Certificate | None = None
    until: datetime | None = None
    is_valid: bool = False
    trouble: str = ""

    @property
    def is_demonstration(self) -> bool:
        """Whether one of the keys is of nobody, made to show signing with."""
        return any(one is not None and one.authority == AUTHORITY for one in (self.person, self.agency))


def outlook_of(letter: Letter) -> Outlook:
    """Return with what a letter would be signed if it were issued now."""
    folder = _folder(letter.unit)
    try:
        keys = unit_keys(folder) if folder else None
        certificates = tuple(read_certificate(key) for key in keys or ())
        if certificates and letter.signer_name:
            refuse_other_name(certificates[0].holder, letter.signer_name)
        return Outlook(certificates)
    except QuetsachError as error:
        return Outlook(trouble=error.what)


def seals_of(letter: Letter) -> Seals | None:
    """Return what a letter is signed with at the moment of its issue; ``None`` where its unit has no keys."""
    folder = _folder(letter.unit)
    if folder is None or letter.issued_at is None or (keys := unit_keys(folder)) is None:
        return None
    return Seals(
        person=letter.signer_name,
        agency=letter.agency,
        person_key=keys[0],
        agency_key=keys[1],
        person_image=_image(folder / "person.png"),
        agency_image=_image(folder / "agency.png"),
        at=letter.issued_at.replace(microsecond=0),  # signatures claim whole seconds
        language=letter.language,
    )


def unit_keys(folder: Path) -> tuple[bytes, bytes] | None:
    """Return the keys of person and agency in a folder; ``None`` where there is neither.

    Raises:
        StorageError: one of them is missing or was cut: a letter is then not issued, neither signed nor unsigned.
    """
    paths = (folder / "person.p12", folder / "agency.p12")
    if not any(path.exists() for path in paths):
        return None
    hint = "put the key back from its copy; without both keys the unit issues no letter"
    try:
        person, agency = (storage.read_secret(path, least_bytes=_KEY_LEAST_BYTES, hint=hint) for path in paths)
    except FileNotFoundError as error:
        raise storage.StorageError("this key is missing", where=str(error.filename), hint=hint) from error
    return person, agency


def authority_here() -> "TimeStampAuthority | None":
    """Return the authority that the centre takes time stamps from; ``None`` if none is set."""
    from quetsach.web.office.letters.document.timestamp import TimeStampAuthority  # noqa: PLC0415 - slow to load

    server = settings.CENTER.time_stamps
    return TimeStampAuthority(server.url, server.user, server.password) if server else None


def demonstration_seals_make(*, unit: Unit, person: str, agency: str, now: datetime) -> Path | None:
    """Make keys that say in their names that they are for show; nothing that is there is replaced.

    Returns:
        The folder of the keys; ``None`` if the unit had some before.
    """
    folder = _folder(unit)
    if folder is None or folder.exists():
        return None
    keys = demonstration_keys(person=person, agency=agency, now=now)
    staged = folder.with_name(f".{folder.name}.{uuid4().hex}")
    storage.make_folder(staged)
    for name, content in (("person.p12", keys.person), ("agency.p12", keys.agency), ("root.pem", keys.root)):
        storage.write(staged / name, content)
    storage.publish([(staged, folder)])  # a unit has all of its keys or none
    return folder


def key_folders() -> tuple[Path, ...]:
    """Return the folders of keys that there are, each named as the key of its unit."""
    data: Path | None = settings.CENTER.data
    folder = data / "letters" / "keys" if data else None
    if folder is None or not folder.is_dir():
        return ()
    return tuple(sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")))


def key_state(unit: Unit, *, now: datetime) -> KeyState:
    """Return what the keys of a unit are worth at a moment."""
    folder = _folder(unit)
    try:
        keys = unit_keys(folder) if folder else None
        if keys is None:
            return KeyState(unit)
        spans = [read_validity(key) for key in keys]
        person, agency = (read_certificate(key) for key in keys)
    except QuetsachError as error:
        return KeyState(unit, trouble=error.what)
    first, until = max(first for first, _until in spans), min(until for _first, until in spans)
    return KeyState(unit, person, agency, until=until, is_valid=first <= now < until)


def _folder(unit: Unit) -> Path | None:
    data: Path | None = settings.CENTER.data
    return data / "letters" / "keys" / unit.key if data else None


def _image(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None
