"""A unit's folder of keys."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from tests.unit.web.office.letters.document.conftest import AGENCY, AT, PERSON
from tests.unit.web.office.letters.document.letters import letter

from quetsach.web.office.letters.document.errors import SigningError
from quetsach.web.office.letters.document.keyring import Keyring, read_keyring, write_demonstration
from quetsach.web.office.letters.document.letter import Signer


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "31-2020"
    write_demonstration(made, person=PERSON, agency=AGENCY, now=AT - timedelta(days=3), passphrase="mật".encode())
    return made


def test_a_unit_without_a_folder_has_no_keys(tmp_path: Path) -> None:
    assert read_keyring(tmp_path / "31-2020") is None


def test_a_signer_is_found_by_the_name_in_the_certificate(keyring: Keyring) -> None:
    signatures = keyring.signatures(letter(signer=Signer((), "Giám đốc", " nguyễn  Văn Mẫu")), AT)
    assert signatures.person.key is keyring.persons["nguyễn văn mẫu"].key


def test_nobody_signs_with_the_key_of_another(keyring: Keyring) -> None:
    with pytest.raises(SigningError, match="no key of Trần Thị Khác"):
        keyring.signatures(letter(signer=Signer((), "Giám đốc", "Trần Thị Khác")), AT)


def test_keys_are_readable_by_their_owner_alone(folder: Path) -> None:
    assert folder.stat().st_mode & 0o77 == 0
    assert all(file.stat().st_mode & 0o77 == 0 for file in folder.iterdir())


def test_keys_of_a_real_unit_are_never_replaced(folder: Path) -> None:
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    write_demonstration(folder, person="khác", agency="khác", now=AT)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_keys_under_a_pass_phrase_open_with_it_alone(folder: Path) -> None:
    assert read_keyring(folder, passphrase="mật".encode()) is not None
    with pytest.raises(SigningError, match="cannot be opened"):
        read_keyring(folder, passphrase=b"other")


def test_a_missing_key_of_the_agency_is_named(folder: Path) -> None:
    (folder / "agency.p12").unlink()
    with pytest.raises(SigningError) as caught:
        read_keyring(folder, passphrase="mật".encode())
    assert caught.value.where == "agency.p12"


def test_a_file_that_is_too_large_is_refused(folder: Path) -> None:
    (folder / "root.pem").write_bytes(bytes((1 << 20) + 1))
    with pytest.raises(SigningError, match="larger"):
        read_keyring(folder, passphrase="mật".encode())


def test_a_picture_beside_a_key_is_what_is_seen(folder: Path) -> None:
    (folder / "agency.png").write_bytes(b"a picture")
    found = read_keyring(folder, passphrase="mật".encode())
    assert found is not None
    assert found.agency.image == b"a picture"


def test_a_folder_moves_with_its_unit(folder: Path, tmp_path: Path) -> None:
    shutil.move(folder, tmp_path / "31-2025")
    assert read_keyring(tmp_path / "31-2025", passphrase="mật".encode()) is not None
