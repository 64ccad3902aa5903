"""A program is signed by what is configured, and one changed byte is noticed by two readers."""

import subprocess
from pathlib import Path

import pytest
from release.windows.signing import NotSignedError, Signer, sign, signer_of
from tests.signed_files import program
from tests.signing_authority import SigningAuthority


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> SigningAuthority:
    """Return a root that only this test knows, and a certificate under it."""
    return SigningAuthority.made(tmp_path_factory.mktemp("authority"), "Trung tâm Thử nghiệm")


@pytest.fixture
def signed(tmp_path: Path, authority: SigningAuthority) -> Path:
    path = tmp_path / "program.exe"
    path.write_bytes(program(b"harmless" * 100))
    assert sign(path, authority.signer()) == "Trung tâm Thử nghiệm"
    return path


def _verifies(path: Path, authority: SigningAuthority) -> bool:
    words = ["osslsigncode", "verify", "-CAfile", authority.root, "-in", path]
    return subprocess.run(words, check=False, capture_output=True).returncode == 0


def test_a_signed_program_is_signed_for_both_readers(signed: Path, authority: SigningAuthority) -> None:
    assert signer_of(signed) == "Trung tâm Thử nghiệm"
    assert _verifies(signed, authority)


@pytest.mark.parametrize("place", [0x41, 0x230, -300])
def test_one_changed_byte_is_refused_by_both_readers(signed: Path, authority: SigningAuthority, place: int) -> None:
    content = bytearray(signed.read_bytes())
    content[place] ^= 1
    signed.write_bytes(content)
    with pytest.raises(NotSignedError):
        signer_of(signed)
    assert not _verifies(signed, authority)


def test_the_same_program_and_key_give_the_same_bytes(
    signed: Path, tmp_path: Path, authority: SigningAuthority
) -> None:
    again = tmp_path / "again.exe"
    again.write_bytes(program(b"harmless" * 100))
    sign(again, authority.signer())
    assert again.read_bytes() == signed.read_bytes()


def test_an_unsigned_program_has_no_signer(tmp_path: Path) -> None:
    path = tmp_path / "program.exe"
    path.write_bytes(program())
    with pytest.raises(NotSignedError, match=r"program\.exe"):
        signer_of(path)


def test_nothing_is_signed_where_nothing_is_configured() -> None:
    assert Signer.configured({}) is None


@pytest.mark.parametrize("name", ["CERTIFICATE", "KEY"])
def test_half_a_configuration_is_refused(name: str) -> None:
    with pytest.raises(NotSignedError, match="go together"):
        Signer.configured({f"QUETSACH_SIGN_{name}": "file.pem"})


def test_a_device_and_a_time_stamp_are_asked_where_they_are_named() -> None:
    signer = Signer.configured(
        {
            "QUETSACH_SIGN_CERTIFICATE": "chain.pem",
            "QUETSACH_SIGN_KEY": "pkcs11:object=code",
            "QUETSACH_SIGN_MODULE": "/usr/lib/token.so",
            "QUETSACH_SIGN_PASSWORD_FILE": "/run/pin",
            "QUETSACH_SIGN_TIMESTAMP": "http://time.example",
        }
    )
    assert signer is not None
    words = " ".join(signer.command())
    for option in ("-pkcs11module /usr/lib/token.so", "-readpass /run/pin", "-ts http://time.example"):
        assert option in words
