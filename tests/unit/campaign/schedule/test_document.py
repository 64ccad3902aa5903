from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from quetsach.campaign import (
    Campaign,
    Measure,
    Milestone,
    Part,
    Phase,
    Provenance,
    Published,
    Stage,
    Target,
    Window,
    read_campaign,
)
from quetsach.campaign.schedule.document import campaign_digest, campaign_document
from quetsach.campaign.schedule.plan import Condition, Need
from quetsach.centre.tables import load_campaign
from quetsach.core.period import Period
from quetsach.core.text import LocalText

WORDS = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=40).filter(str.strip)
TEXTS = st.builds(LocalText, WORDS, WORDS)
DAYS = st.integers(1, 40)
CONDITIONS = st.lists(
    st.one_of(
        st.builds(Condition, st.sampled_from([n for n in Need if n is not Need.DECISION_RECORDED]), st.integers(1, 99)),
        st.builds(Condition, st.just(Need.DECISION_RECORDED), st.just(1), WORDS),
    ),
    max_size=3,
).map(tuple)


@st.composite
def campaigns(draw: st.DrawFn) -> Campaign:
    day = draw(st.dates(date(2020, 1, 1), date(2030, 1, 1)))
    phases = []
    for stage in Stage:
        length = draw(DAYS)
        period = Period(day, day + timedelta(days=length - 1))
        cut = draw(st.integers(0, length - 1))
        parts = (Part("dot-1", draw(TEXTS), Period(day, day + timedelta(days=cut))),)
        phases.append(Phase(stage.value, draw(TEXTS), period, stage, parts if cut else (), draw(CONDITIONS)))
        day = period.last + timedelta(days=draw(DAYS))
    first = draw(st.dates(date(2020, 1, 1), date(2030, 1, 1)))
    windows = [Window(f"w{n}", draw(TEXTS), Period(first, first + timedelta(days=29))) for n in range(2)]
    note = Published(draw(st.integers(1, 10**9)), Provenance.STATED, draw(WORDS), draw(TEXTS))
    windows.append(Window("w2", draw(TEXTS), windows[0].period, note))
    return Campaign(
        id="next-2027",
        name=draw(TEXTS),
        summary=draw(TEXTS),
        phases=tuple(phases),
        targets=(Target("half", draw(TEXTS), Measure.WINDOW_ADDRESSES, draw(st.floats(-100, 1000))),),
        windows=tuple(windows),
        baseline="w0",
        previous_year=draw(st.sampled_from(["", "w1"])),
        milestones=tuple(Milestone(f"m{n}", draw(TEXTS), day, draw(CONDITIONS)) for n in range(2)),
        feeds=draw(st.sampled_from([(), ("shadowserver/event4_sinkhole", "plain/own")])),
    )


@given(campaigns())
def test_a_campaign_comes_back_from_its_document(campaign: Campaign) -> None:
    assert read_campaign(campaign_document(campaign), file="c.toml") == campaign


def test_the_campaign_of_2020_comes_back_from_its_document(tmp_path) -> None:
    campaign = load_campaign("viet-nam-2020", tmp_path)
    assert read_campaign(campaign_document(campaign), file="c.toml") == campaign


def test_the_digest_changes_with_any_date(tmp_path) -> None:
    import dataclasses

    campaign = load_campaign("viet-nam-2020", tmp_path)
    first, *others = campaign.phases
    moved = dataclasses.replace(first, period=Period(first.period.first, first.period.last - timedelta(days=1)))
    assert campaign_digest(dataclasses.replace(campaign, phases=(moved, *others))) != campaign_digest(campaign)
