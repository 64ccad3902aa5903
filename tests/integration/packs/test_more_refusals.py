"""Attacks on what is inside the files, on the way to them, and on the machine's own record of what it has seen."""

import lzma
import os
import shutil
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from tests.integration.packs.simulated_centre import Centre, Machine, answer, pack_of
from tests.integration.packs.test_update_refusals import refused
from tuf.api.metadata import Metadata

from quetsach.packs import Refusal, UnreachableError, container
from quetsach.packs.keys import KeyRing, load_keys, new_keys
from quetsach.packs.repository import publish_files
from quetsach.packs.source import Trust


@pytest.fixture
def up_to_date(machine: Machine, trust: Trust) -> Machine:
    machine.update(trust)
    return machine


def sealed(body: bytes) -> bytes:
    """Return a container with a body of our choice, which our own packer would not make."""
    key = bytes(16)
    return b"QSPACK1\n" + key + container._masked(lzma.compress(body, check=lzma.CHECK_NONE), key)


def test_a_pack_that_unpacks_to_gigabytes(centre: Centre, up_to_date: Machine, trust: Trust) -> None:
    bomb = sealed(bytes(container.CONTENT_LIMIT_BYTES + 1))
    assert len(bomb) < 10_000
    centre.offer(packs={"eicar-2026.02.02.qsp": bomb})
    assert refused(up_to_date, trust) is Refusal.BAD_PACK


def test_a_pack_under_the_name_of_another(centre: Centre, up_to_date: Machine, trust: Trust) -> None:
    centre.offer(packs={"mirai-2026.02.02.qsp": pack_of("2026.01.01")["eicar-2026.01.01.qsp"]})
    assert refused(up_to_date, trust) is Refusal.BAD_PACK


def test_an_old_pack_under_a_new_version(centre: Centre, up_to_date: Machine, trust: Trust) -> None:
    centre.offer(packs={"eicar-2026.02.02.qsp": pack_of("2025.01.01")["eicar-2025.01.01.qsp"]})
    assert refused(up_to_date, trust) is Refusal.BAD_PACK


def test_a_pack_for_a_newer_tool(centre: Centre, up_to_date: Machine, trust: Trust) -> None:
    (content,) = pack_of("2026.02.02").values()
    files = container.unpack(content)
    files["pack.toml"] = files["pack.toml"].replace(b"format = 1", b"format = 99")
    centre.offer(packs={"eicar-2026.02.02.qsp": container.pack(files)})
    assert refused(up_to_date, trust) is Refusal.BAD_PACK


def test_one_bad_pack_among_good_ones_installs_none_of_them(centre: Centre, up_to_date: Machine, trust: Trust) -> None:
    centre.offer(packs={**pack_of("2026.02.02"), "zzz-2026.02.02.qsp": b"not a pack"})
    assert refused(up_to_date, trust) is Refusal.BAD_PACK


def test_a_thousand_packs_and_more(centre: Centre, up_to_date: Machine, trust: Trust) -> None:
    centre.offer(packs={f"a{number}-2026.01.01.qsp": b"" for number in range(1001)})
    assert refused(up_to_date, trust) is Refusal.TOO_LONG


def test_metadata_of_one_role_under_the_name_of_another(centre: Centre, up_to_date: Machine, trust: Trust) -> None:
    centre.publish("2026.02.02")
    metadata = centre.folder / "metadata"
    shutil.copy(metadata / "1.tools.json", metadata / "2.packs.json")
    assert refused(up_to_date, trust) is Refusal.ALTERED


def test_a_snapshot_under_the_name_of_the_timestamp(centre: Centre, up_to_date: Machine, trust: Trust) -> None:
    metadata = centre.folder / "metadata"
    shutil.copy(metadata / "1.snapshot.json", metadata / "timestamp.json")
    assert refused(up_to_date, trust) is Refusal.DAMAGED


def test_a_timestamp_signed_by_the_key_of_the_snapshot(centre: Centre, up_to_date: Machine, trust: Trust) -> None:
    ring = load_keys(centre.keys)
    path = centre.folder / "metadata" / "timestamp.json"
    forged = Metadata.from_file(str(path))
    forged.signed.version = 2
    forged.signatures.clear()
    forged.sign(ring.signers[ring.public["snapshot"][0].keyid])
    forged.to_file(str(path))
    assert refused(up_to_date, trust) is Refusal.NOT_SIGNED


def test_metadata_without_any_signature(centre: Centre, up_to_date: Machine, trust: Trust) -> None:
    path = centre.folder / "metadata" / "timestamp.json"
    forged = Metadata.from_file(str(path))
    forged.signatures.clear()
    forged.to_file(str(path))
    assert refused(up_to_date, trust) is Refusal.NOT_SIGNED


@pytest.mark.parametrize("name", ["2.packs.json", "2.snapshot.json"])
def test_metadata_that_is_missing(centre: Centre, up_to_date: Machine, trust: Trust, name: str) -> None:
    centre.publish("2026.02.02")
    (centre.folder / "metadata" / name).unlink()
    before = up_to_date.installed()
    with pytest.raises(UnreachableError):
        up_to_date.update(trust)
    assert up_to_date.installed() == before


def test_metadata_nested_deeper_than_any_reader_goes(centre: Centre, up_to_date: Machine, trust: Trust) -> None:
    (centre.folder / "metadata" / "timestamp.json").write_bytes(b"[" * 8000 + b"]" * 8000)
    assert refused(up_to_date, trust) is Refusal.DAMAGED


def compressed(handler: BaseHTTPRequestHandler) -> None:
    """Claim a compression that was not asked for."""
    handler.send_response(200)
    handler.send_header("Content-Encoding", "gzip")
    handler.send_header("Content-Length", "20")
    handler.end_headers()
    handler.wfile.write(b"\x1f\x8b" + bytes(18))


def test_an_answer_compressed_unasked_is_not_unpacked(centre: Centre, up_to_date: Machine, trust: Trust) -> None:
    centre.misbehave["timestamp.json"] = compressed
    assert refused(up_to_date, trust) is Refusal.DAMAGED


def a_page(handler: BaseHTTPRequestHandler) -> None:
    answer(handler, b"<html>Please sign in to this network</html>")


def test_the_page_of_a_hotel_network_in_place_of_a_root(centre: Centre, up_to_date: Machine, trust: Trust) -> None:
    centre.misbehave["2.root.json"] = a_page
    assert refused(up_to_date, trust) is Refusal.DAMAGED


def endless_headers(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 5000 + b"\r\n")


def a_huge_line(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 " + b"A" * 200_000)


def no_http(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc")


@pytest.mark.parametrize("wrong", [endless_headers, a_huge_line, no_http])
def test_what_is_no_http(
    centre: Centre, up_to_date: Machine, trust: Trust, wrong: Callable[[BaseHTTPRequestHandler], None]
) -> None:
    before = up_to_date.installed()
    centre.misbehave["timestamp.json"] = wrong
    with pytest.raises(UnreachableError):
        up_to_date.update(trust)
    assert up_to_date.installed() == before


def test_a_pipe_on_a_stick_in_place_of_a_file(
    centre: Centre, up_to_date: Machine, trust: Trust, tmp_path: Path
) -> None:
    stick = Path(shutil.copytree(centre.folder, tmp_path / "stick"))
    (stick / "metadata" / "timestamp.json").unlink()
    os.mkfifo(stick / "metadata" / "timestamp.json")
    before = up_to_date.installed()
    with pytest.raises(UnreachableError):
        up_to_date.update(Trust(trust.root, str(stick)))
    assert up_to_date.installed() == before


@pytest.mark.parametrize("place", ["metadata", "metadata/timestamp.json"])
def test_a_stick_cannot_lead_into_the_files_of_the_machine(
    centre: Centre, up_to_date: Machine, trust: Trust, tmp_path: Path, place: str
) -> None:
    stick = Path(shutil.copytree(centre.folder, tmp_path / "stick"))
    outside = (stick / place).rename(tmp_path / "outside")
    (stick / place).symlink_to(outside)
    with pytest.raises(UnreachableError):
        up_to_date.update(Trust(trust.root, str(stick)))


def test_a_stick_that_is_reached_by_a_link_serves(
    centre: Centre, machine: Machine, trust: Trust, tmp_path: Path
) -> None:
    (tmp_path / "usb").symlink_to(centre.folder)
    assert machine.update(Trust(trust.root, str(tmp_path / "usb"))).installed


def test_a_flipped_byte_on_a_stick(centre: Centre, up_to_date: Machine, trust: Trust, tmp_path: Path) -> None:
    centre.publish("2026.02.02")
    stick = Path(shutil.copytree(centre.folder, tmp_path / "stick"))
    (target,) = (stick / "targets" / "packs").glob("*2026.02.02.qsp")
    content = bytearray(target.read_bytes())
    content[-1] ^= 1
    target.write_bytes(content)
    assert refused(up_to_date, Trust(trust.root, str(stick))) is Refusal.ALTERED


def test_an_old_stick_after_a_newer_update(centre: Centre, up_to_date: Machine, trust: Trust, tmp_path: Path) -> None:
    stick = shutil.copytree(centre.folder, tmp_path / "stick")
    centre.publish("2026.02.02")
    up_to_date.update(trust)
    assert refused(up_to_date, Trust(trust.root, str(stick))) is Refusal.ROLLED_BACK


def test_an_old_list_of_withdrawals_played_again(
    centre: Centre, up_to_date: Machine, trust: Trust, tmp_path: Path
) -> None:
    old = shutil.copytree(centre.folder, tmp_path / "old")
    centre.withdraw("eicar")
    up_to_date.update(trust)
    kept = (up_to_date.state / "withdrawals.json").read_bytes()
    shutil.rmtree(centre.folder)
    shutil.copytree(old, centre.folder)
    assert refused(up_to_date, trust) is Refusal.ROLLED_BACK
    assert (up_to_date.state / "withdrawals.json").read_bytes() == kept


def test_the_record_of_what_was_seen_is_verified_again_and_not_believed(
    centre: Centre, up_to_date: Machine, trust: Trust, tmp_path: Path
) -> None:
    """Whoever can write to the state can do anything; but a half-written or foreign record must not break updates."""
    new_keys(tmp_path / "others")
    publish_files(tmp_path / "other", keys=load_keys(tmp_path / "others"), files={}, now=centre.now)
    (store,) = (up_to_date.state / "trust").iterdir()
    for name in ("timestamp", "snapshot", "targets", "packs"):
        source = "timestamp.json" if name == "timestamp" else f"1.{name}.json"
        shutil.copy(tmp_path / "other" / "metadata" / source, store / f"{name}.json")
    centre.publish("2026.02.02")
    up_to_date.update(trust)
    assert up_to_date.installed() == pack_of("2026.02.02")


def test_a_repository_that_signs_no_packs_takes_none_away(
    centre: Centre, up_to_date: Machine, trust: Trust, tmp_path: Path
) -> None:
    keys = load_keys(centre.keys)
    without = KeyRing({role: known for role, known in keys.public.items() if role != "packs"}, keys.signers)
    publish_files(centre.folder, keys=without, files={}, now=centre.now)
    assert refused(up_to_date, trust) is Refusal.DAMAGED
