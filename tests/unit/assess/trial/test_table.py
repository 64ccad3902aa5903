import numpy as np
import pytest

from quetsach.assess.estimate import AssessError
from quetsach.assess.trial.analysis import Outcomes, read_outcomes
from quetsach.assess.trial.registration import Outcome

HEADER = "customer,found,cleaned,again,until\n"


def _read(*lines: str) -> Outcomes:
    return read_outcomes((HEADER + "\n".join(lines)).encode(), where="x")


@pytest.mark.parametrize(
    ("line", "cleaned", "stayed"),
    [
        ("2027-05-03,2027-05-10,,2027-07-30", 1, 1),
        ("2027-05-03,2027-05-10,2027-05-20,2027-07-30", 1, 0),
        ("2027-05-03,2027-05-10,2027-06-09,2027-07-30", 1, 0),  # back on the thirtieth day
        ("2027-05-03,2027-05-10,2027-06-10,2027-07-30", 1, 1),  # a day after that
        ("2027-05-03,2027-06-10,2027-06-15,2027-07-30", 0, 0),  # clean too late, and back
        ("2027-05-03,2027-05-10,2027-07-20,2027-07-30", 1, 1),  # back after more than thirty days
        ("2027-05-03,2027-05-10,,2027-05-20", 1, np.nan),  # lost before thirty days were over
        ("2027-05-03,2027-06-10,,2027-07-30", 0, 0),  # clean too late
        ("2027-05-03,,,2027-07-30", 0, 0),
        ("2027-05-03,,,2027-05-17", 0, 0),
        ("2027-05-03,,,2027-05-16", np.nan, np.nan),  # lost a day too early
        ("2027-05-03,2027-05-03,,2027-07-30", 1, 1),  # on the day itself
    ],
)
def test_a_customer_succeeds_fails_or_was_lost(line: str, cleaned: float, stayed: float) -> None:
    table = _read(f"a,{line}")
    found = table.success(Outcome.CLEANED, within_days=14, again_days=0)
    kept = table.success(Outcome.STAYED_CLEAN, within_days=14, again_days=30)
    assert np.array_equal([*found, *kept], [cleaned, stayed], equal_nan=True)


@pytest.mark.parametrize(
    "line",
    [
        "a,,,,2027-05-20",
        "a,2027-05-03,,,",
        "a,2027-05-03,2027-05-01,,2027-05-20",
        "a,2027-05-03,2027-05-30,,2027-05-20",
        "a,2027-05-03,2027-05-10,2027-05-10,2027-05-20",
        "a,2027-05-03,,2027-05-10,2027-05-20",
        "a,3/5/2027,,,2027-05-20",
        ",2027-05-03,,,2027-05-20",
    ],
)
def test_days_that_cannot_be_are_refused(line: str) -> None:
    with pytest.raises(AssessError):
        _read(line)


def test_a_customer_that_is_there_twice_is_refused() -> None:
    with pytest.raises(AssessError, match="twice"):
        _read("a,2027-05-03,,,2027-07-30", "a,2027-05-04,,,2027-07-30")


def test_what_the_provider_says_of_a_customer_is_read() -> None:
    """An empty cell says nothing."""
    lines = (
        "a,2027-05-03,2027-05-09,2027-05-20,2027-07-30,yes,0,-1.5",
        "b,2027-05-03,,,2027-05-03,FALSE,True,",
        "c,2027-05-03,,,2027-07-30,,,0",
    )
    header = "customer,found,cleaned,again,until,arm,received,before\n"
    table = read_outcomes((header + "\n".join(lines)).encode(), where="x")
    nothing = np.nan
    expected = [
        (table.cleaned, [6, nothing, nothing]),
        (table.again, [17, nothing, nothing]),
        (table.until, [88, 0, 88]),
        (table.arm, [1, 0, nothing]),
        (table.received, [0, 1, nothing]),
        (table.before, [-1.5, nothing, 0]),
    ]
    for found, told in expected:
        assert np.array_equal(found, told, equal_nan=True)
    days, is_clean = table.spells
    assert days.tolist() == [6, 0.5, 88]  # who was watched for no day at all counts for half of one
    assert is_clean.tolist() == [True, False, False]


def test_a_table_without_lines_or_with_words_for_flags_is_refused() -> None:
    with pytest.raises(AssessError, match="no customers"):
        _read()
    with pytest.raises(AssessError, match="neither 0 nor 1"):
        read_outcomes(b"customer,found,cleaned,until,arm\na,2027-05-03,,2027-07-30,maybe\n", where="x")


def test_a_table_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quetsach.assess.trial.analysis.UNITS_AT_MOST", 2)
    lines = [f"c{n},2027-05-03,,,2027-07-30" for n in range(3)]
    assert len(_read(*lines[:2])) == 2
    with pytest.raises(AssessError, match="more than 2 units"):
        _read(*lines)


@pytest.mark.parametrize(
    "line",
    [
        "a,2027-05-03,2027-05-03,2027-05-04,2027-05-04",  # found clean, back and last watched within two days
        "a,2027-05-03,2027-05-20,,2027-05-20",
    ],
)
def test_days_may_follow_each_other_closely(line: str) -> None:
    assert len(_read(line)) == 1
