import re
import shutil
import subprocess
from pathlib import Path

import pytest

from quetsach.packs import SigningError
from quetsach.packs.keys import ROLES, load_keys, new_keys, protect, read_private, rotate


def test_every_role_gets_its_keys(tmp_path: Path) -> None:
    names = new_keys(tmp_path / "keys")
    ring = load_keys(tmp_path / "keys")
    assert len(names) == sum(role.keys for role in ROLES.values()) == len(ring.signers)
    assert {role: len(keys) for role, keys in ring.public.items()} == {role: r.keys for role, r in ROLES.items()}


def test_private_keys_are_for_their_owner_only(tmp_path: Path) -> None:
    new_keys(tmp_path / "keys")
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "keys").glob("*.pem")} == {0o600}


def test_keys_are_never_overwritten(tmp_path: Path) -> None:
    new_keys(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(SigningError, match="already"):
        new_keys(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_private_key_in_a_safe_leaves_its_public_half(tmp_path: Path) -> None:
    new_keys(tmp_path)
    (tmp_path / "root-1.pem").unlink()
    ring = load_keys(tmp_path)
    assert len(ring.public["root"]) == 3
    assert ring.public["root"][0].keyid not in ring.signers


def test_a_replaced_key_can_still_sign_the_next_root(tmp_path: Path) -> None:
    new_keys(tmp_path)
    old = load_keys(tmp_path).public["root"][0].keyid
    new = rotate(tmp_path, "root-1")
    ring = load_keys(tmp_path)
    assert ring.public["root"][0].keyid == new != old
    assert {old, new} <= ring.signers.keys()


@pytest.mark.parametrize("name", ["root", "root-4", "../root-1", ""])
def test_only_a_key_that_exists_is_replaced(tmp_path: Path, name: str) -> None:
    new_keys(tmp_path)
    with pytest.raises(SigningError, match="no key"):
        rotate(tmp_path, name)


@pytest.mark.parametrize("content", [b"", b"-----BEGIN PUBLIC KEY-----\n", b"\xff" * 40, b"A" * 100_000])
def test_a_file_that_is_no_key_is_named(tmp_path: Path, content: bytes) -> None:
    new_keys(tmp_path)
    (tmp_path / "packs.pub").write_bytes(content)
    with pytest.raises(SigningError, match=r"packs\.pub"):
        load_keys(tmp_path)
    new_keys(tmp_path / "other")
    (tmp_path / "other" / "packs.pem").write_bytes(content)
    with pytest.raises(SigningError, match=r"packs\.pem"):
        load_keys(tmp_path / "other")


def test_a_folder_without_keys_says_how_to_make_them(tmp_path: Path) -> None:
    with pytest.raises(SigningError) as error:
        load_keys(tmp_path)
    assert "packs keys new" in error.value.hint


def test_a_server_without_the_public_keys_is_told_to_bring_them(tmp_path: Path) -> None:
    new_keys(tmp_path)
    (tmp_path / "root-1.pub").unlink()
    with pytest.raises(SigningError, match=r"root-1\.pub") as caught:
        load_keys(tmp_path)
    assert "*.pub" in caught.value.hint


PHRASE = "five words that no text has"


def test_trying_out_pass_phrases_is_dear(tmp_path: Path) -> None:
    new_keys(tmp_path, ["root-1"], phrase=PHRASE)
    openssl = shutil.which("openssl")
    assert openssl
    told = subprocess.run(
        [openssl, "asn1parse", "-in", tmp_path / "root-1.pem"], capture_output=True, check=True
    ).stdout
    (rounds,) = re.findall(rb"INTEGER +:([0-9A-F]+)", told)
    assert int(rounds, 16) >= 600_000
    assert b":PBKDF2" in told
    assert b":hmacWithSHA256" in told
    assert b":aes-256-cbc" in told


def test_another_tool_opens_a_key_under_a_pass_phrase_and_finds_the_same_key(tmp_path: Path) -> None:
    new_keys(tmp_path, ["root-1"], phrase=PHRASE)
    openssl = shutil.which("openssl")
    assert openssl
    command = [openssl, "pkey", "-in", str(tmp_path / "root-1.pem"), "-passin", f"pass:{PHRASE}", "-pubout"]
    assert subprocess.run(command, capture_output=True, check=True).stdout == (tmp_path / "root-1.pub").read_bytes()


def test_only_the_pass_phrase_opens_a_key_also_one_outside_ascii(tmp_path: Path) -> None:
    phrase = "năm từ không sách nào có"
    new_keys(tmp_path, ["packs"])
    before = read_private(tmp_path / "packs.pem", lambda _: "").private_bytes_raw()
    protect(tmp_path, "packs", old=lambda _: "", new=phrase)
    assert read_private(tmp_path / "packs.pem", lambda _: phrase).private_bytes_raw() == before
    with pytest.raises(SigningError, match="pass phrase is wrong"):
        read_private(tmp_path / "packs.pem", lambda _: phrase + ".")


def test_a_file_that_somebody_put_in_the_way_does_not_take_the_private_key(tmp_path: Path) -> None:
    new_keys(tmp_path / "keys")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.touch(mode=0o666)
    (tmp_path / "keys" / "packs.pem.new").symlink_to(elsewhere)
    (tmp_path / "keys" / "canary.pem.new").touch(mode=0o666)
    rotate(tmp_path / "keys", "packs")
    rotate(tmp_path / "keys", "canary")
    assert elsewhere.read_bytes() == b""
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "keys").glob("*.pem")} == {0o600}


@pytest.mark.parametrize(("one", "other"), [("root-1", "root-3"), ("root-2", "timestamp"), ("packs", "canary")])
def test_one_key_cannot_stand_in_two_places(tmp_path: Path, one: str, other: str) -> None:
    new_keys(tmp_path)
    for ending in ("pub", "pem"):
        shutil.copy(tmp_path / f"{one}.{ending}", tmp_path / f"{other}.{ending}")
    with pytest.raises(SigningError, match=f"{one} and {other} are the same key"):
        load_keys(tmp_path)
