"""Whatever bytes come, a pack is read back as it was written, or refused with our own error."""

import contextlib
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from quetsach.core.pack import pattern_rule
from quetsach.endpoint.engine.boreal import BorealEngine
from quetsach.packs import ContainerError, PackError
from quetsach.packs.container import FILES, pack, read_folder, unpack
from quetsach.packs.load import parse_pack

CONTENT = read_folder(Path(__file__).parents[2] / "packs" / "xmrig-miner")
names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)


@given(st.dictionaries(names, st.binary(max_size=500), max_size=8))
def test_unpack_is_the_inverse_of_pack(content: dict[str, bytes]) -> None:
    assert unpack(pack(content)) == content


@given(st.binary(max_size=300))
def test_hostile_containers_give_our_error(raw: bytes) -> None:
    for attempt in (raw, b"QSPACK1\n" + raw):
        with contextlib.suppress(ContainerError):
            unpack(attempt)


@given(st.sampled_from(FILES), st.integers(0), st.binary(min_size=1, max_size=8), st.booleans())
def test_hostile_files_give_our_error(name: str, place: int, noise: bytes, replace: bool) -> None:
    original = CONTENT[name]
    at = place % (len(original) + 1)
    damaged = original[:at] + noise + original[at + (len(noise) if replace else 0) :]
    with contextlib.suppress(PackError):
        parse_pack({**CONTENT, name: damaged}, "pack")


def test_a_pattern_can_be_of_any_case() -> None:
    pattern = BorealEngine().compile_pattern("(?i)\\\\wuauserv$")
    assert pattern.matches(r"HKLM\SYSTEM\CurrentControlSet\Services\WuAuServ")
    assert not BorealEngine().compile_pattern("\\\\wuauserv$").matches(r"Services\WuAuServ")


@given(st.text(st.characters(codec="utf-8", exclude_characters="\n\r"), max_size=30))
def test_no_pattern_can_leave_its_rule(pattern: str) -> None:
    rule = pattern_rule(pattern)
    inner = rule.removeprefix("rule pattern { strings: $pattern = /").removesuffix("/ condition: $pattern }")
    assert inner != rule
    assert "/" not in inner.replace("\\\\", "").replace("\\/", "")
