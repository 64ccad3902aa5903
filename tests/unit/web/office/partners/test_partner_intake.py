"""Every record of a file is accounted for, once, whatever breaks off in between."""

import gzip
import os
import random

import pytest

from quetsach.campaign.errors import PartnerError
from quetsach.web.office.partners.models import Delivery, HeldRow, Line, row_key
from quetsach.web.office.partners.services import intake, spool
from quetsach.web.office.partners.services.intake import (
    deliveries_work,
    delivery_receive,
    delivery_take_in,
)
from quetsach.web.office.partners.services.partner import declaration_add, partner_add

from .conftest import HEADER, NOW, ROWS, declaration, report

PLACES = ("31", "01", "99")


def counts(delivery: Delivery) -> tuple[int, int, int, int]:
    assert delivery.records == delivery.looked_at
    return delivery.accepted, delivery.duplicates, delivery.replaced, delivery.set_aside


def held() -> dict[tuple[str, str, str], tuple]:
    rows = HeldRow.objects.select_related("line", "unit")
    return {
        (r.unit.key, str(r.first), r.line.family): (r.revision, r.turns, r.machines, r.infected, r.count) for r in rows
    }


def test_rows_are_held_by_line_day_and_place(take_in) -> None:
    assert counts(take_in(report(ROWS))) == (4, 0, 0, 0)
    assert held()["31-2020", "2020-10-06", ""] == (0, 50, 40, 7, None)
    assert held()["31-2020", "2020-10-06", "conficker"] == (0, None, None, None, 6)
    row = HeldRow.objects.first()
    assert row is not None
    assert row.key == row_key(row.line_id, row.first, row.unit_id)


def test_the_same_file_again_is_the_same_delivery(partner, take_in) -> None:
    first = take_in(report(ROWS))
    delivery, is_new = delivery_receive(
        partner=partner, name="again", chunks=[report(ROWS)], channel="api", by=None, now=NOW
    )
    assert (delivery.pk, is_new) == (first.pk, False)


def test_the_same_rows_in_another_file_are_duplicates(take_in) -> None:
    take_in(report(ROWS))
    before = held()
    assert counts(take_in(report(reversed(ROWS)))) == (0, 4, 0, 0)
    assert held() == before


def test_a_higher_revision_replaces_and_a_lower_one_is_set_aside(take_in) -> None:
    take_in(report(ROWS[:1]))
    assert counts(take_in(report(["2020-10-06,31,Bkav,,2,55,41,7,"]))) == (0, 0, 1, 0)
    later = take_in(report(["2020-10-06,31,Bkav,,1,52,41,7,"]))
    assert counts(later) == (0, 0, 0, 1)
    assert later.faults.get().reason == "outdated"
    assert held()["31-2020", "2020-10-06", ""] == (2, 55, 41, 7, None)


def test_other_figures_under_the_same_revision_are_a_conflict(take_in) -> None:
    delivery = take_in(report([ROWS[0], "2020-10-06,31,Bkav,,,51,40,7,"]))
    assert counts(delivery) == (1, 0, 0, 1)
    fault = delivery.faults.get()
    assert (fault.line, fault.reason) == (3, "conflict")


def test_a_correction_may_stand_in_the_same_file(take_in) -> None:
    assert counts(take_in(report([ROWS[0], "2020-10-06,31,Bkav,,1,51,40,7,", ROWS[0]]))) == (1, 0, 1, 1)
    assert held()["31-2020", "2020-10-06", ""][0] == 1


def test_a_record_that_does_not_fit_is_set_aside_with_its_line(take_in) -> None:
    delivery = take_in(report([ROWS[0], "2020-10-06,77,Bkav,,,1,1,0,", "2020-W41,31,Bkav,,,1,1,0,", "x"]))
    assert counts(delivery) == (1, 0, 0, 3)
    assert [(f.line, f.reason) for f in delivery.faults.order_by("line")] == [(3, "place"), (4, "window"), (5, "cells")]


def test_json_lines_and_gzip_are_read_as_well(take_in) -> None:
    row = b'{"day": "2020-10-06", "place": "31-2020", "product": "Bkav", "turns": 50, "machines": 40, "infected": 7}\n'
    assert counts(take_in(gzip.compress(row))) == (1, 0, 0, 0)
    assert counts(take_in(report(ROWS[:1]))) == (0, 1, 0, 0)


@pytest.mark.parametrize("seed", range(4))
def test_broken_off_anywhere_and_resumed_the_rows_are_the_same(receive, monkeypatch, seed: int) -> None:
    monkeypatch.setattr(intake, "PIECE_RECORDS", 3)
    dice = random.Random(seed)
    rows = [
        f"2020-10-0{dice.randrange(1, 9)},{dice.choice(PLACES)},Bkav,,{dice.randrange(3)},{dice.randrange(90, 95)},5,2,"
        for _ in range(60)
    ]
    left = [dice.randrange(1, 4) for _ in range(40)]
    delivery = receive(report(rows))
    while not delivery.is_done:
        pieces = left.pop()
        calls = iter(range(pieces + 1))
        delivery = delivery_take_in(
            delivery=delivery, now=NOW, is_stopped=lambda calls=calls, n=pieces: next(calls) >= n
        )
    broken, tally = held(), counts(delivery)
    HeldRow.objects.all().delete()
    Delivery.objects.all().delete()
    whole = delivery_take_in(delivery=receive(report(rows)), now=NOW)
    assert (held(), counts(whole)) == (broken, tally)


def test_a_piece_that_fails_leaves_nothing_behind(receive, monkeypatch) -> None:
    monkeypatch.setattr(intake, "PIECE_RECORDS", 2)
    delivery = receive(report(ROWS))
    pieces = intake._Pieces(delivery, NOW.date(), NOW)
    monkeypatch.setattr(Delivery, "save", lambda _self: (_ for _ in ()).throw(RuntimeError("killed")))
    with pytest.raises(RuntimeError):
        pieces.take(((2, ("2020-10-06", "31", "Bkav", "", "", "", "5", "", "", "", "")),))
    assert (HeldRow.objects.count(), Line.objects.count()) == (0, 0)


def test_a_second_worker_takes_nothing_twice(receive, monkeypatch) -> None:
    monkeypatch.setattr(intake, "PIECE_RECORDS", 1)
    delivery = receive(report(ROWS))
    late = intake._Pieces(delivery, NOW.date(), NOW)
    delivery_take_in(delivery=delivery, now=NOW)
    assert late.take(((2, ("2020-10-06", "31", "Bkav", "", "", "", "5", "", "", "", "")),)) is False
    assert counts(Delivery.objects.get()) == (4, 0, 0, 0)


def test_a_worker_that_knows_an_old_declaration_stops(partner, receive) -> None:
    delivery = receive(report(ROWS))
    pieces = intake._Pieces(delivery, NOW.date(), NOW)
    declaration_add(partner=partner, content=declaration(version=2, first="2020-11-01"), by=None, now=NOW)
    assert pieces.take(((2, ("2020-10-06", "31", "Bkav", "", "", "", "5", "", "", "", "")),)) is False
    assert delivery_take_in(delivery=delivery, now=NOW).is_done


def test_a_file_of_which_something_was_set_aside_may_come_again(partner, take_in) -> None:
    late = report([*ROWS, "2021-10-06,31,Bkav,,,50,40,7,"])
    assert counts(take_in(late)) == (4, 0, 0, 1)
    assert counts(take_in(late)) == (0, 4, 0, 1)
    assert Delivery.objects.count() == 2


def test_what_waits_is_worked_off_and_its_file_removed(receive, folder) -> None:
    receive(report(ROWS))
    assert len(list(folder.iterdir())) == 1
    assert deliveries_work(now=NOW) == 1
    assert list(folder.iterdir()) == []
    assert deliveries_work(now=NOW) == 0


def test_a_file_that_was_lost_keeps_no_other_waiting_and_is_sent_again(receive, folder) -> None:
    lost = receive(report(ROWS[:1]))
    spool.spool_path(lost.partner_id, lost.sha256).unlink()
    receive(report(ROWS[1:]))
    assert deliveries_work(now=NOW) == 1
    assert receive(report(ROWS[:1])) == lost
    assert deliveries_work(now=NOW) == 1
    assert HeldRow.objects.count() == 4


def test_a_partner_that_invents_products_without_end_is_stopped(take_in, monkeypatch) -> None:
    monkeypatch.setattr(intake, "MOST_LINES", 2)
    delivery = take_in(report([f"2020-10-06,31,P{n},,,5,4,1," for n in range(4)]))
    assert counts(delivery) == (2, 0, 0, 2)
    assert {fault.reason for fault in delivery.faults.all()} == {"too-many-lines"}


def _refused(partner, content: bytes) -> PartnerError:
    with pytest.raises(PartnerError) as caught:
        delivery_receive(partner=partner, name="r", chunks=[content], channel="api", by=None, now=NOW)
    return caught.value


def test_a_file_that_cannot_be_read_is_refused_before_anything_is_taken(partner, folder) -> None:
    assert _refused(partner, b"a,b\n1,2").code == "header"
    assert _refused(partner, b"").code == "empty"
    assert _refused(partner, HEADER.encode()).code == "empty"
    assert _refused(partner, gzip.compress(report(ROWS))[:-9]).code == "damaged"
    assert _refused(partner, b"\x1f\x8b\x08 no gzip").code == "damaged"
    assert (Delivery.objects.count(), list(folder.iterdir())) == (0, [])


def test_sizes_are_bounded(partner, monkeypatch) -> None:
    monkeypatch.setattr(spool, "PARTNER_BODY_BYTES", 100)
    assert _refused(partner, report(ROWS)).code == "too-large"
    monkeypatch.setattr(spool, "PARTNER_BODY_BYTES", 1 << 20)
    monkeypatch.setattr(spool, "MAX_TEXT_BYTES", 10_000)
    assert _refused(partner, gzip.compress(b"x" * 2_000_000)).code == "too-large"
    monkeypatch.setattr(spool, "MAX_RECORDS", 3)
    assert _refused(partner, report(ROWS)).code == "too-large"


def test_a_line_without_end_is_one_record_that_is_set_aside(take_in) -> None:
    delivery = take_in(report(["x" * 300_000, ROWS[0]]))
    assert counts(delivery) == (1, 0, 0, 1)
    assert delivery.faults.get().reason == "too-long"


def test_nothing_is_taken_before_the_method_is_declared(units, folder) -> None:
    other = partner_add(key="other", name="Other", by=None, now=NOW)
    assert _refused(other, report(ROWS)).code == "undeclared"


def test_a_partner_cannot_fill_the_disk_with_files_that_wait(partner, receive, monkeypatch) -> None:
    monkeypatch.setattr(intake, "MOST_WAITING", 1)
    receive(report(ROWS))
    assert _refused(partner, report(ROWS[:1])).status == 429
    deliveries_work(now=NOW)
    receive(report(ROWS[:1]))


def test_what_a_break_off_left_in_the_spool_is_swept_after_a_day(receive, folder) -> None:
    delivery = receive(report(ROWS))
    left = folder / "incoming-x"
    for path in (left, folder / f"{delivery.partner_id}-{'0' * 64}"):
        path.write_bytes(b"x")
        os.utime(path, (NOW.timestamp() - 90_000,) * 2)
    kept = spool.spool_path(delivery.partner_id, delivery.sha256)
    os.utime(kept, (NOW.timestamp() - 90_000,) * 2)
    young = folder / "incoming-y"
    young.write_bytes(b"x")
    os.utime(young, (NOW.timestamp() - 3600,) * 2)
    spool.sweep(keep={(delivery.partner_id, delivery.sha256)}, now=NOW)
    assert sorted(folder.iterdir()) == sorted([kept, young])
