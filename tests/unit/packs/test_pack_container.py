"""The opaque file of a pack."""

from pathlib import Path

import pytest

from quetsach.packs import ContainerError
from quetsach.packs.container import CONTAINER_LIMIT_BYTES, pack, read_folder, unpack
from quetsach.packs.load import load_pack

SHELF = Path(__file__).parents[3] / "packs"
CONTENT = {"rules.yar": b"rule x { condition: true }", "pack.toml": b"a = 1"}


def test_the_same_files_give_the_same_bytes() -> None:
    assert pack(CONTENT) == pack(dict(reversed(CONTENT.items())))


def test_no_scanner_can_read_our_rules_in_it() -> None:
    raw = pack(read_folder(SHELF / "xmrig-miner"))
    assert not any(word in raw for word in (b"stratum", b"rule", b"xmrig", b"\xfd7zXZ"))


def test_a_packed_pack_is_the_pack_of_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "eicar.qsp"
    path.write_bytes(pack(read_folder(SHELF / "eicar")))
    assert load_pack(path) == load_pack(SHELF / "eicar")


def test_any_flipped_bit_is_noticed() -> None:
    raw = pack(CONTENT)
    for place in range(len(raw)):
        damaged = bytearray(raw)
        damaged[place] ^= 1
        with pytest.raises(ContainerError):
            unpack(bytes(damaged))


def test_a_file_cut_short_is_noticed() -> None:
    raw = pack(CONTENT)
    for length in range(len(raw)):
        with pytest.raises(ContainerError):
            unpack(raw[:length])


def test_bytes_after_the_end_are_noticed() -> None:
    with pytest.raises(ContainerError):
        unpack(pack(CONTENT) + b"\0")


def test_a_small_file_that_unpacks_to_gigabytes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = pack({"rules.yar": bytes(1 << 20)})
    assert len(raw) < 2_000
    monkeypatch.setattr("quetsach.packs.container.CONTENT_LIMIT_BYTES", 1 << 16)
    with pytest.raises(ContainerError, match="too large"):
        unpack(raw)


def test_what_is_too_large_is_not_packed() -> None:
    with pytest.raises(ContainerError, match="more than"):
        pack({"rules.yar": bytes(33 << 20)})


def test_what_is_too_large_is_not_unpacked() -> None:
    with pytest.raises(ContainerError):
        unpack(b"QSPACK1\n" + bytes(CONTAINER_LIMIT_BYTES))
