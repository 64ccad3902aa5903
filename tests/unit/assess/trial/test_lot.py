import hashlib
import json
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from quetsach.assess.estimate import AssessError
from quetsach.assess.trial.lot import (
    Drawn,
    draw_lot,
    listed_digest,
    read_customers,
    read_lot,
    strata_of_days,
    treated_of,
)
from quetsach.core.period import Period
from quetsach.core.table import csv_text

NOW, START, SEED = datetime(2027, 4, 1, tzinfo=UTC), date(2027, 5, 3), "XSMB 48213"
CUSTOMERS = {f"c{n}": "north" if n % 3 else "south" for n in range(100)}
DAYS = Period(date(2027, 5, 3), date(2027, 6, 27))


def _draw(**changed: object) -> object:
    settings = {"campaign": "garden", "seed": SEED, "share": 0.5, "start": START, "days": None, "now": NOW} | changed
    return draw_lot(settings.pop("units", CUSTOMERS), **settings)  # type: ignore[arg-type]


def test_half_of_each_stratum_gets_the_measure() -> None:
    lot, treated = _draw()  # type: ignore[misc]
    assert len(treated) == lot.treated == 50
    assert sum(CUSTOMERS[unit] == "south" for unit in treated) == 17
    assert lot.drawn is Drawn.CUSTOMERS


def test_anyone_can_draw_it_again_with_sha256() -> None:
    by_hash = sorted(CUSTOMERS, key=lambda unit: hashlib.sha256(f"{SEED}\n{unit}".encode()).hexdigest())
    assert treated_of(dict.fromkeys(CUSTOMERS, ""), seed=SEED, share=0.2) == set(by_hash[:20])


def test_the_lot_does_not_depend_on_the_order_of_the_list() -> None:
    turned = dict(reversed(CUSTOMERS.items()))
    assert treated_of(turned, seed=SEED, share=0.5) == treated_of(CUSTOMERS, seed=SEED, share=0.5)
    assert listed_digest(turned) == listed_digest(CUSTOMERS)
    assert treated_of(CUSTOMERS, seed="another seed", share=0.5) != treated_of(CUSTOMERS, seed=SEED, share=0.5)


def test_a_small_share_of_many_strata_is_kept_in_total() -> None:
    units = {f"c{n}": f"stratum {n % 40}" for n in range(400)}
    assert len(treated_of(units, seed=SEED, share=0.05)) == 20


def test_every_weekday_has_its_share_of_days() -> None:
    lot, treated = _draw(units=strata_of_days(DAYS), days=DAYS)  # type: ignore[misc]
    assert lot.drawn is Drawn.DAYS
    assert [sum(date.fromisoformat(day).isoweekday() == n for day in treated) for n in range(1, 8)] == [4] * 7


def test_the_centre_keeps_no_customer_and_reads_its_record_again() -> None:
    lot, _ = _draw()  # type: ignore[misc]
    assert read_lot(lot.to_json(), where="x") == lot
    assert not any(f'"{customer}"' in lot.to_json().decode() for customer in CUSTOMERS)


@pytest.mark.parametrize("change", [{"seed": "another seed"}, {"share": 0.1}, {"listed": "0" * 64}, {"more": 1}])
def test_a_changed_record_is_refused(change: dict[str, object]) -> None:
    lot, _ = _draw()  # type: ignore[misc]
    sealed = json.loads(lot.to_json())
    sealed["lot"] |= change
    with pytest.raises(AssessError):
        read_lot(json.dumps(sealed).encode(), where="x")


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"lot": 1, "sha256": ""}', b"\xff", b"[" * 100_000])
def test_a_record_that_is_none_is_refused(content: bytes) -> None:
    with pytest.raises(AssessError):
        read_lot(content, where="x")


@pytest.mark.parametrize(
    "changed",
    [
        {"seed": "short"},
        {"start": date(2027, 4, 1)},
        {"units": {"c1": ""}},
        {"share": 0.001},
        {"units": strata_of_days(DAYS), "days": DAYS, "start": date(2027, 5, 4)},
    ],
)
def test_a_lot_that_proves_nothing_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(AssessError):
        _draw(**changed)


def test_customers_are_read_with_or_without_strata() -> None:
    assert read_customers(b"customer,stratum\na,x\nb,y\n", where="x") == {"a": "x", "b": "y"}
    assert read_customers(b"\xef\xbb\xbfcustomer\na\nb\n", where="x") == {"a": "", "b": ""}
    assert read_customers(csv_text([("customer",), ("+84-ref",)]).encode(), where="x") == {"+84-ref": ""}
    with pytest.raises(AssessError, match="twice"):
        read_customers(b"customer\na\na\n", where="x")


def test_a_list_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quetsach.assess.trial.lot.UNITS_AT_MOST", 3)
    assert len(read_customers(b"customer\na\nb\nc\n", where="x")) == 3
    with pytest.raises(AssessError, match="more than 3 units"):
        read_customers(b"customer\na\nb\nc\nd\n", where="x")


@pytest.mark.parametrize(
    ("first", "last", "is_drawn"), [(0, 729, True), (0, 730, False), (1, 100, False), (-1, 100, False)]
)
def test_days_begin_with_the_start_and_are_two_years_at_most(first: int, last: int, *, is_drawn: bool) -> None:
    days = Period(START + timedelta(first), START + timedelta(last))
    if is_drawn:
        lot, treated = _draw(units=strata_of_days(days), days=days)  # type: ignore[misc]
        assert (lot.days, lot.sides) == (days, (len(treated), 730 - len(treated)))
    else:
        with pytest.raises(AssessError, match="begin with the start"):
            _draw(units=strata_of_days(days), days=days)


def test_a_lot_is_drawn_by_the_last_moment_of_the_day_before() -> None:
    """In the time of Greenwich: half an hour after midnight seven hours east of it is the day before."""
    east = timezone(timedelta(hours=7))
    lot, _ = _draw(now=datetime(2027, 5, 3, 6, 30, tzinfo=east))  # type: ignore[misc]
    assert lot.content()["drawn_at"] == "2027-05-02T23:30:00+00:00"
    with pytest.raises(AssessError, match="must be drawn before"):
        _draw(now=datetime(2027, 5, 3, 7, 0, tzinfo=east))


@pytest.mark.parametrize(("seed", "is_drawn"), [("12345678", True), ("1234567", False), (" 1234567 ", False)])
def test_a_seed_has_eight_characters(seed: str, *, is_drawn: bool) -> None:
    if is_drawn:
        assert _draw(seed=seed)
    else:
        with pytest.raises(AssessError, match="too short"):
            _draw(seed=seed)


@pytest.mark.parametrize(("units", "share", "treated"), [(2, 0.5, 1), (2, 0.9, None), (2, 0.1, None), (5, 0.3, 2)])
def test_neither_side_is_empty(units: int, share: float, treated: int | None) -> None:
    some = {f"c{n}": "" for n in range(units)}
    if treated is None:
        with pytest.raises(AssessError, match=f"of {units} units"):
            _draw(units=some, share=share)
    else:
        lot, _ = _draw(units=some, share=share)  # type: ignore[misc]
        assert lot.sides == (treated, units - treated)


def test_shares_that_are_no_whole_number_are_made_up_for_in_the_next_stratum() -> None:
    """Of three strata of one, three and four a half: none (0.5 is rounded to 0), two (of 4) and two (of 8) in all."""
    units = {f"{stratum}{n}": stratum for stratum, size in (("a", 1), ("b", 3), ("c", 4)) for n in range(size)}
    treated = treated_of(units, seed=SEED, share=0.5)
    assert [sum(unit.startswith(stratum) for unit in treated) for stratum in "abc"] == [0, 2, 2]
