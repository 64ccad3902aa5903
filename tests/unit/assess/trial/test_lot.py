import hashlib
import json
from datetime import UTC, date, datetime

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
