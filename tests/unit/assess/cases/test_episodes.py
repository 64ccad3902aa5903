from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quetsach.assess.cases import Episodes, SubjectKind, Watch, episodes_of, reinfection, returns_of, spells_of
from quetsach.assess.cases import report as case_reports
from quetsach.assess.cases.episode import QUIET_DAYS
from quetsach.assess.cases.report import read_history
from quetsach.assess.estimate import AssessError, Estimate, NotEstimable, NotEstimableReason


def episodes(rows: list[tuple[int, int, float]], watch: Watch) -> Episodes:
    subject, family, seen = (np.array(column) for column in zip(*rows, strict=True))
    made = episodes_of(subject, family, seen.astype(float), watch, kind=SubjectKind.BOT_ID)
    assert not isinstance(made, NotEstimable)
    return made


def test_fourteen_quiet_days_end_an_episode_and_what_follows_is_a_reinfection() -> None:
    made = episodes([(0, 0, 1), (0, 0, 15), (0, 0, 29.5), (1, 0, 3)], Watch(0, 100))
    assert list(made.first) == [1, 29.5, 3]
    assert list(made.last) == [15, 29.5, 3]
    assert list(made.number) == [0, 1, 0]


def test_two_families_of_one_subject_are_two_cases() -> None:
    assert len(episodes([(0, 0, 1), (0, 1, 2)], Watch(0, 100))) == 2


def test_an_end_is_known_only_fourteen_days_later() -> None:
    made = episodes([(0, 0, 86), (1, 0, 86.5)], Watch(0, 100))
    assert list(made.is_over) == [True, False]


def test_a_lost_sensor_and_a_cancelled_line_end_the_watch() -> None:
    watch = Watch(0, 100, lost=np.array([100.0, 50.0]), cancelled=np.array([100.0, 100.0, 30.0]))
    made = episodes([(0, 0, 20), (1, 1, 20), (2, 0, 20)], watch)
    assert list(made.watched_until) == [100, 50, 30]
    assert list(made.is_over) == [True, True, False]


def test_addresses_that_change_hands_are_refused() -> None:
    codes = np.array([0, 1])
    refused = episodes_of(codes, codes, np.array([1.0, 2.0]), Watch(0, 9), kind=SubjectKind.ADDRESS)
    assert isinstance(refused, NotEstimable)
    assert refused.reason is NotEstimableReason.ADDRESS_IS_NO_SUBJECT
    assert "IP" in refused.text.vi


def test_addresses_of_static_networks_are_subjects() -> None:
    codes, static = np.array([0, 1]), np.array([True, False])
    made = episodes_of(codes, codes, np.array([1.0, 2.0]), Watch(0, 9), kind=SubjectKind.ADDRESS, is_static=static)
    assert not isinstance(made, NotEstimable)
    assert list(made.subject) == [0]


def test_an_incident_case_begins_with_its_first_sighting() -> None:
    spells = spells_of(episodes([(0, 0, 20), (0, 0, 30)], Watch(0, 100)), observed_from=0)
    assert (spells.entry[0], spells.exit[0], bool(spells.event[0])) == (0, 10, True)


def test_what_was_seen_once_was_there_for_a_moment() -> None:
    spells = spells_of(episodes([(0, 0, 20)], Watch(0, 100)), observed_from=0)
    assert 0 < spells.exit[0] < 0.001
    assert spells.event[0]


def test_a_case_found_at_the_beginning_counts_from_its_notification_or_from_the_campaign() -> None:
    made = episodes([(0, 0, 2), (0, 0, 12), (0, 0, 22), (1, 0, 3), (1, 0, 14)], Watch(0, 100))
    assert len(spells_of(made, observed_from=0)) == 0
    told = spells_of(made, observed_from=0, notified_days=np.array([10.0, np.nan]))
    assert (list(told.exit), list(told.source)) == ([12], [0])
    campaign = spells_of(made, observed_from=0, started_days=5)
    assert list(campaign.exit) == [17, 9]


def test_a_notification_before_the_sensor_started_enters_late() -> None:
    made = episodes([(0, 0, 2), (0, 0, 12)], Watch(0, 100))
    spells = spells_of(made, observed_from=0, notified_days=np.array([-5.0]))
    assert (spells.entry[0], spells.exit[0]) == (5, 17)


def test_who_was_clean_before_the_notification_says_nothing_about_it() -> None:
    made = episodes([(0, 0, 20), (0, 0, 25)], Watch(0, 100))
    assert len(spells_of(made, observed_from=0, notified_days=np.array([27.0]))) == 0


def test_returns_are_counted_from_the_end_of_the_first_episode() -> None:
    made = episodes([(0, 0, 5), (0, 0, 45), (1, 0, 10)], Watch(0, 100))
    spells = returns_of(made)
    assert list(spells.exit) == [40, 90]
    assert list(spells.event) == [True, False]


def test_reinfection_is_a_share_of_those_that_were_cleaned() -> None:
    rows = [(n, 0, 5.0) for n in range(100)] + [(n, 0, 40.0) for n in range(20)]
    shares = reinfection(episodes(rows, Watch(0, 300)))
    month, quarter = shares[30], shares[90]
    assert isinstance(month, Estimate)
    assert isinstance(quarter, Estimate)
    assert month.value == 0
    assert quarter.value == pytest.approx(0.2)


def test_few_clean_ups_have_no_reinfection_rate() -> None:
    shares = reinfection(episodes([(0, 0, 5.0)], Watch(0, 300)))
    assert all(isinstance(share, NotEstimable) for share in shares.values())


def test_where_nobody_returned_the_rate_is_bounded() -> None:
    share = reinfection(episodes([(n, 0, 5.0) for n in range(100)], Watch(0, 300)))[150]
    assert isinstance(share, Estimate)
    assert share.value == 0
    assert 0.03 < share.high < 0.04


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1), st.integers(0, 200)), min_size=1, max_size=60),
    st.randoms(use_true_random=False),
)
def test_episodes_are_what_a_walk_through_the_sightings_gives(rows: list[tuple[int, int, float]], random) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)
    made = episodes(shuffled, Watch(0, 200))
    walked = []
    for key in sorted({row[:2] for row in rows}):
        days = sorted(day for *pair, day in rows if tuple(pair) == key)
        walked.append([*key, days[0], days[0]])
        for day in days[1:]:
            if day - walked[-1][3] > QUIET_DAYS:
                walked.append([*key, day, day])
            walked[-1][3] = day
    found = [list(row) for row in zip(made.subject, made.family, made.first, made.last, strict=True)]
    assert found == walked


TABLE = """subject,seen_at,family,isp,notified_at,treated,static
b,2020-10-01T18:00:00Z,mirai,vnpt,2020-10-04T00:00:00,yes,TRUE
a,2020-10-02T00:00:00+07:00,,,,no,0
b,2020-10-03T06:00:00Z,mirai,vnpt,2020-10-02T18:00:00Z,0,
c,2020-10-03T05:00:00,sality,fpt,,,1
"""


def test_a_table_of_sightings_is_a_history_from_the_first_to_the_last_of_them() -> None:
    history = read_history(TABLE.encode(), kind=SubjectKind.SUBSCRIBER, where="s.csv")
    assert (history.families, history.providers) == (("-", "mirai", "sality"), ("-", "fpt", "vnpt"))
    assert history.subject.tolist() == [1, 0, 1, 2]
    assert [history.families[n] for n in history.family] == ["mirai", "-", "mirai", "sality"]
    assert [history.providers[n] for n in history.provider] == ["vnpt", "-", "vnpt", "fpt"]
    assert history.seen_days == pytest.approx([1 / 24, 0, 13 / 24 + 1, 12 / 24 + 1])
    assert (history.watch.first, history.watch.end) == pytest.approx((0, 1 + 13 / 24))
    assert history.observed_from.tolist() == [0, 0, 0]
    assert history.first_day == date(2020, 10, 1)
    assert history.midnights == pytest.approx([-17 / 24, 7 / 24, 31 / 24])
    assert [history.beginning_of(date(2020, 9, 30)), history.beginning_of(date(2020, 10, 4))] == [None, None]
    assert history.beginning_of(date(2020, 10, 3)) == pytest.approx(31 / 24)
    assert history.notified_days is not None
    assert history.notified_days == pytest.approx([np.nan, 1 + 1 / 24, np.nan], nan_ok=True), "the first notification"
    assert history.treated is not None
    assert history.treated.tolist() == [False, True, False], "treated once is treated"
    assert history.is_static is not None
    assert history.is_static.tolist() == [True, False, False, True]
    plain = read_history(b"subject,seen_at\na,2020-10-01T18:00:00Z\n", kind=SubjectKind.SUBSCRIBER, where="s.csv")
    assert (plain.notified_days, plain.treated) == (None, None)


def test_a_table_holds_so_many_sightings_and_one_at_least(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(case_reports, "MAX_ROWS", 4)
    read_history(TABLE.encode(), kind=SubjectKind.SUBSCRIBER, where="s.csv")
    with pytest.raises(AssessError, match="more than 4 sightings"):
        read_history(f"{TABLE}d,2020-10-01,,,,,\n".encode(), kind=SubjectKind.SUBSCRIBER, where="s.csv")
    with pytest.raises(AssessError, match="no sightings"):
        read_history(TABLE.splitlines()[0].encode(), kind=SubjectKind.SUBSCRIBER, where="s.csv")
