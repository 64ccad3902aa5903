"""A secret or key file that a power cut left empty or cut is refused with its name and what to do, and never used."""

from collections.abc import Callable
from pathlib import Path

import pytest

from quetsach import storage
from quetsach.core.errors import QuetsachError
from quetsach.packs.keys import new_keys, no_phrase, read_private, read_public
from quetsach.packs.source import REPOSITORY_FILE, ROOT_FILE, Trust, load_trust, repository_toml
from quetsach.web.configuration import Configuration
from quetsach.web.office.letters.signing_credentials import unit_keys

ROOT = b'{"signed": {"_type": "root", "version": 1}, "signatures": []}'


def secret(data: Path) -> tuple[Path, Callable[[], object]]:
    storage.write(data / "secret.key", "k" * 64 + "\n")
    return data / "secret.key", lambda: Configuration.read({"QUETSACH_DATA": str(data)})


def private_key(data: Path) -> tuple[Path, Callable[[], object]]:
    new_keys(data, ["packs"])
    return data / "packs.pem", lambda: read_private(data / "packs.pem", no_phrase)


def public_key(data: Path) -> tuple[Path, Callable[[], object]]:
    new_keys(data, ["packs"])
    return data / "packs.pub", lambda: read_public(data / "packs.pub")


def trust_root(data: Path) -> tuple[Path, Callable[[], object]]:
    storage.write(data / ROOT_FILE, ROOT)
    storage.write(data / REPOSITORY_FILE, repository_toml(Trust(ROOT, "https://centre.example/repository/")))
    return data / ROOT_FILE, lambda: load_trust(data)


def trust_address(data: Path) -> tuple[Path, Callable[[], object]]:
    trust_root(data)
    return data / REPOSITORY_FILE, lambda: load_trust(data)


def letters_key(data: Path) -> tuple[Path, Callable[[], object]]:
    for name in ("person.p12", "agency.p12"):
        storage.write(data / name, b"0" * 2000)
    return data / "agency.p12", lambda: unit_keys(data)


MADE = [secret, private_key, public_key, trust_root, trust_address, letters_key]


@pytest.mark.parametrize("made", MADE)
def test_a_whole_file_is_read(tmp_path: Path, made: Callable[[Path], tuple[Path, Callable[[], object]]]) -> None:
    assert made(tmp_path)[1]()


@pytest.mark.parametrize("keep", [0, 1, 9])
@pytest.mark.parametrize("is_zeroed", [False, True])
@pytest.mark.parametrize("made", MADE)
def test_a_file_that_was_cut_is_refused(
    tmp_path: Path, made: Callable[[Path], tuple[Path, Callable[[], object]]], keep: int, is_zeroed: bool
) -> None:
    path, read = made(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[:keep] + (b"\0" * (len(whole) - keep) if is_zeroed else b""))
    with pytest.raises(QuetsachError) as refused:
        read()
    assert str(path) in refused.value.where
    assert refused.value.hint


def test_a_unit_that_lost_one_of_its_keys_issues_no_unsigned_letters(tmp_path: Path) -> None:
    _, read = letters_key(tmp_path)
    (tmp_path / "person.p12").unlink()
    with pytest.raises(QuetsachError, match="missing"):
        read()
    (tmp_path / "agency.p12").unlink()
    assert read() is None
