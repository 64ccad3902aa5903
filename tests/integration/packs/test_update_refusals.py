"""What an update refuses: the reason is named, the exit code is 3, and the installed packs stay as they were."""

import itertools
import shutil
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone, tzinfo
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.integration.packs.simulated_centre import Centre, Machine, answer
from tuf.api.metadata import Metadata, Root, TargetFile, Targets

from quetsach.packs import Refusal, RefusedError, UnreachableError
from quetsach.packs.keys import load_keys, new_keys, rotate
from quetsach.packs.repository import publish_files
from quetsach.packs.signing import Lifetimes, Signing
from quetsach.packs.source import Trust
from quetsach.packs.transport import Patience

IMPATIENT = Patience(0.5, 1e9)
TRICKLES = 1200
"""Twenty a second: a minute of them, a hundred times what the impatient wait."""


@pytest.fixture
def up_to_date(machine: Machine, trust: Trust) -> Machine:
    machine.update(trust)
    return machine


def refused(machine: Machine, trust: Trust, patience: Patience | None = None) -> Refusal:
    before = machine.installed()
    assert before
    with pytest.raises(RefusedError) as refusal:
        machine.update(trust, patience=patience)
    assert refusal.value.exit_code == 3
    assert "installed packs stay" in refusal.value.explain()
    assert machine.installed() == before
    return refusal.value.reason


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def only(folder: Path, pattern: str) -> Path:
    (path,) = folder.glob(pattern)
    return path


def test_a_flipped_byte_in_a_pack(centre: Centre, up_to_date: Machine, trust: Trust) -> None:
    centre.publish("2026.02.02")
    flip(only(centre.folder, "targets/packs/*2026.02.02.qsp"))
    assert refused(up_to_date, trust) is Refusal.ALTERED


def test_a_pack_cut_short(centre: Centre, up_to_date: Machine, trust: Trust) -> None:
    centre.publish("2026.02.02")
    path = only(centre.folder, "targets/packs/*2026.02.02.qsp")
    path.write_bytes(path.read_bytes()[:-1])
    assert refused(up_to_date, trust) is Refusal.ALTERED


@pytest.mark.parametrize("name", ["2.packs.json", "2.snapshot.json"])
def test_a_flipped_byte_in_metadata_that_others_vouch_for(
    centre: Centre, up_to_date: Machine, trust: Trust, name: str
) -> None:
    centre.publish("2026.02.02")
    flip(centre.folder / "metadata" / name)
    assert refused(up_to_date, trust) is Refusal.ALTERED


def test_a_timestamp_whose_content_was_changed(centre: Centre, up_to_date: Machine, trust: Trust) -> None:
    path = centre.folder / "metadata" / "timestamp.json"
    path.write_bytes(path.read_bytes().replace(b'"version":1', b'"version":7'))
    assert refused(up_to_date, trust) is Refusal.NOT_SIGNED


@pytest.mark.parametrize("body", [b"", b"{}", b"\xff" * 100, b"[" * 10_000, b'{"signed":{"_type":"timestamp"}}'])
def test_a_timestamp_that_is_no_metadata(centre: Centre, up_to_date: Machine, trust: Trust, body: bytes) -> None:
    (centre.folder / "metadata" / "timestamp.json").write_bytes(body)
    assert refused(up_to_date, trust) is Refusal.DAMAGED


def test_a_repository_that_has_expired(centre: Centre, up_to_date: Machine, trust: Trust) -> None:
    shutil.rmtree(centre.folder)
    for version in ("2026.02.02", "2026.03.03"):
        root = centre.publish(version, ago=timedelta(days=30)).root
    assert refused(up_to_date, Trust(root, centre.url)) is Refusal.EXPIRED


def test_a_repository_frozen_in_time(up_to_date: Machine, trust: Trust, monkeypatch: pytest.MonkeyPatch) -> None:
    class Later(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime.now(tz) + Lifetimes().timestamp

    clock = SimpleNamespace(datetime=Later, timezone=timezone)
    monkeypatch.setattr("tuf.ngclient._internal.trusted_metadata_set.datetime", clock)
    assert refused(up_to_date, trust) is Refusal.EXPIRED


def test_a_repository_rolled_back_to_an_older_state(
    centre: Centre, up_to_date: Machine, trust: Trust, tmp_path: Path
) -> None:
    shutil.copytree(centre.folder, tmp_path / "old")
    centre.publish("2026.02.02")
    up_to_date.update(trust)
    shutil.rmtree(centre.folder)
    shutil.copytree(tmp_path / "old", centre.folder)
    assert refused(up_to_date, trust) is Refusal.ROLLED_BACK


@pytest.mark.parametrize("name", ["snapshot", "packs"])
def test_files_mixed_from_two_states(centre: Centre, up_to_date: Machine, trust: Trust, name: str) -> None:
    centre.publish("2026.02.02")
    metadata = centre.folder / "metadata"
    shutil.copy(metadata / f"1.{name}.json", metadata / f"2.{name}.json")
    assert refused(up_to_date, trust) is Refusal.ALTERED


def test_the_repository_of_another_centre(centre: Centre, up_to_date: Machine, trust: Trust, tmp_path: Path) -> None:
    new_keys(tmp_path / "others")
    other = publish_files(tmp_path / "other", keys=load_keys(tmp_path / "others"), files={}, now=centre.now)
    assert refused(up_to_date, Trust(other.root, centre.url)) is Refusal.NOT_SIGNED


def test_a_new_root_that_too_few_old_keys_signed(centre: Centre, up_to_date: Machine, trust: Trust) -> None:
    old = load_keys(centre.keys)
    for name in ("root-1", "root-2", "root-3"):
        rotate(centre.keys, name)
    centre.publish("2026.02.02")
    path = centre.folder / "metadata" / "2.root.json"
    forged = Metadata[Root].from_file(str(path))
    for key in old.public["root"][:2]:  # leaves one signature of the old three, and the new three
        del forged.signatures[key.keyid]
    forged.to_file(str(path))
    assert refused(up_to_date, trust) is Refusal.NOT_SIGNED


def test_a_root_that_skips_a_version(centre: Centre, up_to_date: Machine, trust: Trust) -> None:
    rotate(centre.keys, "root-1")
    centre.publish("2026.02.02")
    rotate(centre.keys, "root-2")
    centre.publish("2026.03.03")
    metadata = centre.folder / "metadata"
    shutil.copy(metadata / "3.root.json", metadata / "2.root.json")
    assert refused(up_to_date, trust) is Refusal.ROLLED_BACK


@pytest.mark.parametrize(
    "name",
    [
        "packs/../../../evil.qsp",
        "packs/..qsp/x.qsp",
        "packs/a/b.qsp",
        "packs/.hidden.qsp",
        "packs/a.exe",
        "packs/a\n.qsp",
    ],
)
def test_a_signed_name_that_a_pack_cannot_have(centre: Centre, up_to_date: Machine, trust: Trust, name: str) -> None:
    sign_targets(centre, {name: TargetFile.from_data(name, b"x", ["sha256"])})
    assert refused(up_to_date, trust) is Refusal.BAD_NAME
    assert not list(centre.folder.parent.parent.rglob("evil.qsp"))


def test_a_signed_pack_of_absurd_length(centre: Centre, up_to_date: Machine, trust: Trust) -> None:
    sign_targets(
        centre, {"packs/a-2026.01.01.qsp": TargetFile(1 << 40, {"sha256": "0" * 64}, "packs/a-2026.01.01.qsp")}
    )
    assert refused(up_to_date, trust) is Refusal.TOO_LONG


def test_signed_packs_that_would_fill_the_memory_are_not_begun(
    centre: Centre, up_to_date: Machine, trust: Trust
) -> None:
    names = [f"packs/a{number}-2026.01.01.qsp" for number in range(40)]
    sign_targets(centre, {name: TargetFile(8 << 20, {"sha256": "0" * 64}, name) for name in names})
    centre.asked.clear()
    assert refused(up_to_date, trust) is Refusal.TOO_LONG
    assert not [path for path in centre.asked if "a1-" in path]


def test_a_signed_file_that_is_no_pack(centre: Centre, up_to_date: Machine, trust: Trust) -> None:
    files = {"packs": {"a-2026.01.01.qsp": b"not a pack"}}
    publish_files(centre.folder, keys=load_keys(centre.keys), files=files, now=centre.now)
    assert refused(up_to_date, trust) is Refusal.BAD_PACK


def sign_targets(centre: Centre, targets: dict[str, TargetFile]) -> None:
    """Sign a list that our own publication would refuse, as a thief of the packs key could."""
    signing = Signing(centre.folder, load_keys(centre.keys), centre.now, Lifetimes())
    signing.root()
    signing.top_targets()
    for role in ("canary", "tools", "withdrawals"):
        signing.delegated(role, None)
    delegator = signing._current["targets"].signed
    assert isinstance(delegator, Targets)
    signing._renew("packs", Targets(targets=targets), delegator)
    signing.finish()


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in itertools.repeat(None):
        handler.wfile.write(b"\0" * 65_536)


def trickle_body(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "16000")
    handler.end_headers()
    for _ in range(TRICKLES):
        handler.wfile.write(b"{")
        time.sleep(0.05)


def trickle_headers(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    for _ in range(TRICKLES):
        handler.wfile.write(b"X-A: b\r\n")
        handler.wfile.flush()
        time.sleep(0.05)


def silence(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.settimeout(TRICKLES * 0.05)
    handler.rfile.read(1)  # which ends when the other side has gone


@pytest.mark.parametrize("name", ["timestamp.json", "2.snapshot.json", "2026.02.02.qsp"])
def test_data_without_end(centre: Centre, up_to_date: Machine, trust: Trust, name: str) -> None:
    centre.publish("2026.02.02")
    centre.misbehave[name] = endless
    assert refused(up_to_date, trust) is Refusal.TOO_LONG


@pytest.mark.parametrize("wrong", [trickle_body, trickle_headers, silence])
def test_data_that_trickles(
    centre: Centre, up_to_date: Machine, trust: Trust, wrong: Callable[[BaseHTTPRequestHandler], None]
) -> None:
    centre.misbehave["timestamp.json"] = wrong
    began = time.monotonic()
    assert refused(up_to_date, trust, IMPATIENT) is Refusal.TOO_SLOW
    assert time.monotonic() - began < TRICKLES * 0.05 / 2


def redirect_to_itself(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(302)
    handler.send_header("Location", handler.path)
    handler.send_header("Content-Length", "0")
    handler.end_headers()


@pytest.mark.parametrize("wrong", [redirect_to_itself, lambda h: answer(h, b"", 500), lambda h: answer(h, b"", 404)])
def test_a_server_in_trouble_is_no_attack_and_changes_nothing(
    centre: Centre, up_to_date: Machine, trust: Trust, wrong: Callable[[BaseHTTPRequestHandler], None]
) -> None:
    before = up_to_date.installed()
    centre.misbehave["timestamp.json"] = wrong
    with pytest.raises(UnreachableError) as trouble:
        up_to_date.update(trust)
    assert trouble.value.exit_code == 1
    assert up_to_date.installed() == before
