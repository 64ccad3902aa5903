"""The keys with which one unit signs its letters: a folder of PKCS #12 files, certificates and pictures.

``agency.p12`` is the agency's key, each ``person-NAME.p12`` that of a signer, ``root.pem`` the certificate that readers
have to trust. A PNG of the same name beside a key is what is seen of its signature.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from quetsach.web.office.letters.document.demonstration import demonstration_keys
from quetsach.web.office.letters.document.errors import SigningError
from quetsach.web.office.letters.document.keys import MOST_KEY_BYTES, load_key
from quetsach.web.office.letters.document.letter import LetterText
from quetsach.web.office.letters.document.signing import Signatory, Signatures
from quetsach.web.office.letters.document.stamp import MOST_IMAGE_BYTES

_AGENCY, _PERSON, _ROOT = "agency.p12", "person-{}.p12", "root.pem"
_MOST_PERSONS = 100


@dataclass(frozen=True, slots=True)
class Keyring:
    """Keys that were opened: the agency's, the signers' by their names, and the certificate to trust."""

    agency: Signatory
    persons: Mapping[str, Signatory]
    root: bytes

    def signatures(self, letter: LetterText, at: datetime) -> Signatures:
        """Return both signatures of a letter, to be put on it and on all copies.

        Raises:
            SigningError: there is no key of the person whose name stands under the letter.
        """
        person = self.persons.get(_folded(letter.signer.name))
        if person is None:
            raise SigningError(f"there is no key of {letter.signer.name}", hint="put it into the folder of keys")
        agency = Signatory(letter.issuer.agency, self.agency.key, self.agency.image)
        return Signatures.prepare(
            person=Signatory(letter.signer.name, person.key, person.image),
            agency=agency,
            at=at,
            language=letter.language,
        )


def read_keyring(folder: Path, *, passphrase: bytes | None = None) -> Keyring | None:
    """Open a unit's keys; ``None`` if the unit has no folder, and so signs by hand.

    Raises:
        SigningError: a key or picture is missing, damaged or too large.
    """
    if not folder.is_dir():
        return None
    files = sorted(folder.glob(_PERSON.format("*")))[:_MOST_PERSONS]
    persons = [_signatory(file, passphrase) for file in files]
    return Keyring(
        _signatory(folder / _AGENCY, passphrase),
        {_folded(person.name): person for person in persons},
        _read(folder / _ROOT, MOST_KEY_BYTES),
    )


def write_demonstration(
    folder: Path, *, person: str, agency: str, now: datetime, passphrase: bytes | None = None
) -> None:
    """Put demonstration keys where a real unit has its own; a folder that is there stays as it is."""
    if folder.exists():
        return
    made = demonstration_keys(person=person, agency=agency, now=now, passphrase=passphrase)
    folder.mkdir(mode=0o700, parents=True)
    for name, content in ((_AGENCY, made.agency), (_PERSON.format("demonstration"), made.person), (_ROOT, made.root)):
        file = folder / name
        file.touch(mode=0o600)
        file.write_bytes(content)


def _signatory(file: Path, passphrase: bytes | None) -> Signatory:
    key = load_key(_read(file, MOST_KEY_BYTES), passphrase)
    name = key.signing_cert.subject.native.get("common_name", "")
    image = file.with_suffix(".png")
    return Signatory(str(name), key, _read(image, MOST_IMAGE_BYTES) if image.is_file() else None)


def _read(file: Path, most: int) -> bytes:
    try:
        with file.open("rb") as opened:
            content = opened.read(most + 1)
    except OSError as error:
        raise SigningError(f"cannot be read: {error.strerror}", where=file.name) from error
    if len(content) > most:
        raise SigningError(f"larger than {most:,} bytes", where=file.name)
    return content


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())
