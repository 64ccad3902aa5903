from hypothesis import given
from hypothesis import strategies as st

from quetsach.campaign.partners.record import Reason
from quetsach.campaign.partners.row import Held, Tally, Verdict, judge

FIGURES = (5, 4, 1, None, None)
OTHER = (6, 4, 1, None, None)


def test_a_row_is_new_the_same_a_correction_a_conflict_or_outdated() -> None:
    assert judge(Held(0, FIGURES), None) is Verdict.ACCEPTED
    assert judge(Held(0, FIGURES), Held(0, FIGURES)) is Verdict.DUPLICATE
    assert judge(Held(1, OTHER), Held(0, FIGURES)) is Verdict.REPLACED
    assert judge(Held(0, OTHER), Held(0, FIGURES)) is Reason.CONFLICT
    assert judge(Held(0, FIGURES), Held(1, OTHER)) is Reason.OUTDATED


@given(st.permutations([Held(n, (n, None, None, None, None)) for n in range(6)]))
def test_whatever_the_order_the_last_revision_is_held(rows: list[Held]) -> None:
    held: Held | None = None
    for row in rows:
        if judge(row, held) in (Verdict.ACCEPTED, Verdict.REPLACED):
            held = row
    assert held == Held(5, (5, None, None, None, None))


def test_records_are_what_became_of_them() -> None:
    tally = Tally(set_aside=2)
    for verdict in (*Verdict, Verdict.ACCEPTED):
        tally.add(verdict)
    assert (tally.accepted, tally.duplicates, tally.replaced, tally.records) == (2, 1, 1, 6)
