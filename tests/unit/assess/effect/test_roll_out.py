import hashlib
import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from quetsach.assess.effect.roll_out import UNITS_AT_MOST, RollOut, draw_roll_out, read_roll_out, read_units
from quetsach.assess.estimate import AssessError
from quetsach.core.errors import QuetsachError

UNITS = {f"tinh-{n:02}": float(n * n + 1) for n in range(34)}
NOW = datetime(2026, 11, 27, tzinfo=UTC)


def _draw(**changed: object) -> RollOut:
    settings: dict[str, object] = {
        "units": UNITS,
        "campaign": "demo",
        "seed": "XSMB 48213",
        "steps": 6,
        "first": date(2027, 5, 3),
        "every_days": 21,
        "is_by_size": False,
        "now": NOW,
    }
    settings |= changed
    return draw_roll_out(settings.pop("units"), **settings)


def test_every_unit_has_one_step_and_steps_are_alike_in_number() -> None:
    drawn = _draw()
    assert sorted(unit for step in drawn.steps for unit in step) == sorted(UNITS)
    assert {len(step) for step in drawn.steps} == {5, 6}


def test_the_same_seed_gives_the_same_order_whatever_the_order_of_the_file() -> None:
    assert _draw(units=dict(reversed(UNITS.items()))).steps == _draw().steps


def test_as_many_units_as_are_allowed_are_read_and_no_more() -> None:
    lines = "\n".join(f"u{n}" for n in range(UNITS_AT_MOST))
    assert len(read_units(f"unit\n{lines}\n".encode(), where="x")) == UNITS_AT_MOST
    with pytest.raises(AssessError, match="more than 10,000 units"):
        read_units(f"unit\n{lines}\none more\n".encode(), where="x")


def test_another_seed_gives_another_order() -> None:
    assert _draw(seed="XSMB 48214").steps != _draw().steps


def test_anyone_can_draw_it_again_with_sha256() -> None:
    by_lot = sorted(UNITS, key=lambda unit: hashlib.sha256(f"XSMB 48213\n{unit}".encode()).hexdigest())
    assert _draw(units=dict.fromkeys(by_lot[:30], 1.0)).steps[0] == tuple(sorted(by_lot[:30][::6]))


def test_by_size_every_step_has_one_of_each_block() -> None:
    largest = sorted(UNITS, key=lambda unit: -UNITS[unit])
    drawn = _draw(is_by_size=True)
    for block in (largest[:6], largest[6:12], largest[24:30]):
        assert [len(set(block) & set(step)) for step in drawn.steps] == [1] * 6


def test_the_units_of_a_block_that_is_not_full_go_to_different_steps() -> None:
    rest = sorted(UNITS, key=lambda unit: -UNITS[unit])[30:]
    shares = {
        tuple(len(set(rest) & set(step)) for step in _draw(is_by_size=True, seed=f"seed {n:04}").steps)
        for n in range(9)
    }
    assert all(sorted(share) == [0, 0, 1, 1, 1, 1] for share in shares)
    assert len(shares) > 1


def test_steps_begin_at_even_distances() -> None:
    assert _draw().days[:3] == (date(2027, 5, 3), date(2027, 5, 24), date(2027, 6, 14))


def test_the_record_is_read_as_it_was_written() -> None:
    drawn = _draw()
    assert read_roll_out(drawn.to_json(), where="x") == drawn


@pytest.mark.parametrize("change", [{"seed": "another seed"}, {"every_days": 7}, {"extra": 1}])
def test_a_changed_record_is_refused(change: dict[str, object]) -> None:
    sealed = json.loads(_draw().to_json())
    sealed["roll_out"] |= change
    with pytest.raises(AssessError):
        read_roll_out(json.dumps(sealed).encode(), where="x")


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"roll_out": 1, "sha256": ""}', b"\xff", b"[" * 100_000])
def test_a_record_that_is_none_is_refused(content: bytes) -> None:
    with pytest.raises(AssessError):
        read_roll_out(content, where="x")


@pytest.mark.parametrize(
    "changed",
    [
        {"steps": 1},
        {"steps": 35},
        {"seed": "short"},
        {"every_days": 0},
        {"first": date(2026, 11, 27)},
        {"first": date(2026, 1, 1)},
    ],
)
def test_a_draw_that_proves_nothing_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(AssessError):
        _draw(**changed)


def test_units_are_read_with_or_without_sizes() -> None:
    assert read_units(b"\xef\xbb\xbfunit,size\nHN,12.5\nHCM,20\n", where="x") == {"HN": 12.5, "HCM": 20}
    assert read_units("unit\nHà Nội\nHuế\n".encode(), where="x") == {"Hà Nội": 1, "Huế": 1}


@pytest.mark.parametrize(
    "body", [b"unit\na\na\n", b"unit,size\na,-1\n", b"unit,size\na,x\n", b"unit,size\n,1\n", b"name\na\n"]
)
def test_units_that_are_no_list_are_refused(body: bytes) -> None:
    with pytest.raises(QuetsachError):
        read_units(body, where="x")


def test_an_order_by_size_says_which_units_shared_a_block() -> None:
    largest = sorted(UNITS, key=lambda unit: -UNITS[unit])
    drawn = _draw(is_by_size=True)
    assert [set(stratum) for stratum in drawn.strata] == [set(largest[at : at + 6]) for at in range(0, 34, 6)]
    assert read_roll_out(drawn.to_json(), where="x") == drawn
    assert "strata" not in _draw().content()


def test_an_order_that_its_seed_does_not_draw_within_its_strata_is_refused() -> None:
    """Two blocks that never were: each hash of the record is right."""
    drawn = _draw(is_by_size=True)
    mixed = (drawn.strata[0][:3] + drawn.strata[1][:3], drawn.strata[0][3:] + drawn.strata[1][3:], *drawn.strata[2:])
    with pytest.raises(AssessError, match="within its strata"):
        read_roll_out(replace(drawn, strata=mixed).to_json(), where="x")


def test_an_order_by_size_of_before_its_blocks_were_recorded_is_read() -> None:
    old = replace(_draw(is_by_size=True), strata=())
    assert read_roll_out(old.to_json(), where="x") == old
