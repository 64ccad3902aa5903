"""The keys and pictures that a unit's letters are signed with: files in the centre's data folder.

``letters/keys/<unit key>/`` holds ``person.p12`` and ``agency.p12`` (PKCS #12 without a pass phrase, for the centre's
account alone) and, if wanted, ``person.png`` and ``agency.png``. A unit without them, or whose certificates are not in
force, issues unsigned letters, and only where somebody consents to that.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from django.conf import settings

from quetsach import storage
from quetsach.core.errors import QuetsachError
from quetsach.core.text import Text
from quetsach.web.office.letters.document.certificates import (
    Certificate,
    read_certificate,
    refuse_other_name,
)
from quetsach.web.office.letters.document.demonstration import AUTHORITY, demonstration_keys
from quetsach.web.office.letters.document.printing import SigningCredentials
from quetsach.web.office.letters.models import Letter
from quetsach.web.office.refusal import what_here
from quetsach.web.office.tree.models import Unit

_KEY_LEAST_BYTES = 100
ENDING = timedelta(days=30)
"""So long before its end a certificate is called one that ends soon: a new one takes an authority weeks."""

if TYPE_CHECKING:
    from quetsach.web.office.letters.document.signing import TimeStampAuthority


class Term(StrEnum):
    """Where a moment lies in the days of both certificates of a unit."""

    EARLY = "early"
    RUNNING = "running"
    ENDING = "ending"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class KeyState:
    """What the keys of a unit are worth at a moment: whose they are (the person's first; none: no keys), until when.

    ``first`` and ``until`` (UTC) bound the days in which both certificates are in force. ``trouble`` says why the keys
    cannot be used. A certificate that was revoked is not known here: nobody is asked.
    """

    unit: Unit
    certificates: tuple[Certificate, ...] = ()
    term: Term | None = None
    trouble: str = ""

    @property
    def first(self) -> datetime | None:
        """From when both certificates are in force."""
        return max((one.first for one in self.certificates), default=None)

    @property
    def until(self) -> datetime | None:
        """Until when both certificates are in force."""
        return min((one.until for one in self.certificates), default=None)

    @property
    def may_sign(self) -> bool:
        """Whether a letter is signed with them now."""
        return not self.trouble and self.term in (Term.RUNNING, Term.ENDING)

    @property
    def needs_care(self) -> bool:
        """Whether there are keys that sign nothing, or soon will not."""
        return bool(self.trouble) or self.term not in (None, Term.RUNNING)

    @property
    def is_demonstration(self) -> bool:
        """Whether one of the keys is of nobody, made to show signing with."""
        return any(one.authority == AUTHORITY for one in self.certificates)


def key_state(unit: Unit, *, now: datetime) -> KeyState:
    """Return what the keys of a unit are worth at a moment."""
    folder = _folder(unit)
    try:
        keys = unit_keys(folder) if folder else None
        certificates = tuple(read_certificate(key) for key in keys or ())
    except QuetsachError as error:
        return KeyState(unit, trouble=what_here(error))
    return KeyState(unit, certificates, _term(certificates, now) if certificates else None)


def outlook_of(letter: Letter, *, now: datetime) -> KeyState:
    """Return what the keys of its unit are worth for a letter that is issued now."""
    state = key_state(letter.unit, now=now)
    if not state.certificates or not letter.signer_name:
        return state
    try:
        refuse_other_name(state.certificates[0].holder, letter.signer_name)
    except QuetsachError as error:
        return replace(state, trouble=what_here(error))
    return state


def keys_to_renew(units: Iterable[Unit], *, now: datetime) -> tuple[KeyState, ...]:
    """Return the keys of some units that sign nothing any more, or soon will not; units without keys have none."""
    states = (key_state(unit, now=now) for unit in units)
    return tuple(state for state in states if state.needs_care)


def credentials_of(letter: Letter, *, now: datetime) -> SigningCredentials | None:
    """Return what an issued letter is signed with now; ``None`` where its unit has no keys in force.

    The signatures claim the time of issue. Where a certificate was renewed since, they claim this moment: a certificate
    signs for no time that was before its own.
    """
    folder = _folder(letter.unit)
    if folder is None or letter.issued_at is None or (keys := unit_keys(folder)) is None:
        return None
    certificates = [read_certificate(key) for key in keys]
    if not all(one.is_in_force(now) for one in certificates):
        return None
    at = letter.issued_at.replace(microsecond=0)  # signatures claim whole seconds
    return SigningCredentials(
        person=letter.signer_name,
        agency=letter.agency,
        person_key=keys[0],
        agency_key=keys[1],
        person_image=_image(folder / "person.png"),
        agency_image=_image(folder / "agency.png"),
        at=at if all(one.is_in_force(at) for one in certificates) else now.replace(microsecond=0),
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
    hint = Text("put the key back from its copy; without both keys the unit issues no letter")
    try:
        person, agency = (storage.read_secret(path, least_bytes=_KEY_LEAST_BYTES, hint=hint) for path in paths)
    except FileNotFoundError as error:
        raise storage.StorageError(Text("this key is missing"), where=str(error.filename), hint=hint) from error
    return person, agency


def authority_here() -> "TimeStampAuthority | None":
    """Return the authority that the centre takes time stamps from; ``None`` if none is set."""
    if (server := settings.CENTER.time_stamps) is None:
        return None
    signing = import_module("quetsach.web.office.letters.document.signing")  # by name: it is slow to load
    authority: TimeStampAuthority = signing.TimeStampAuthority(server.url, server.user, server.password)
    return authority


def demonstration_credentials_make(*, unit: Unit, person: str, agency: str, now: datetime) -> Path | None:
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


def _term(certificates: Collection[Certificate], now: datetime) -> Term:
    until = min(one.until for one in certificates)
    if until <= now:
        return Term.OVER
    if any(now < one.first for one in certificates):
        return Term.EARLY
    return Term.ENDING if until - now <= ENDING else Term.RUNNING


def _folder(unit: Unit) -> Path | None:
    data: Path | None = settings.CENTER.data
    return data / "letters" / "keys" / unit.key if data else None


def _image(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None
