import re
from datetime import date

import pytest

from quetsach.campaign import Campaign, CampaignError, Measure, Provenance, read_campaign
from quetsach.centre.tables import load_campaign
from quetsach.core.errors import InputError
from quetsach.installation import bundled

GOOD = """
id = "test"
baseline = "before"
previous_year = "year-before"
name = {vi = "Thử", en = "Test"}
summary = {vi = "Thử", en = "Test"}
[[phases]]
id = "one"
first = 2020-01-01
last = 2020-02-01
name = {vi = "Một", en = "One"}
[[targets]]
id = "half"
measure = "window-addresses"
change_percent = -50
text = {vi = "Giảm một nửa", en = "Halve"}
[[windows]]
id = "year-before"
first = 2019-01-01
last = 2019-01-30
name = {vi = "Năm trước", en = "Year before"}
[[windows]]
id = "before"
first = 2020-01-01
last = 2020-01-30
name = {vi = "Trước", en = "Before"}
published = {addresses = 10, provenance = "stated", source = "a paper", note = {vi = "x", en = "x"}}
[[windows]]
id = "late"
first = 2020-04-01
last = 2020-04-30
name = {vi = "Sau", en = "After"}
[[windows]]
id = "early"
first = 2020-03-01
last = 2020-03-30
name = {vi = "Giữa", en = "Between"}
"""


def _read(text: str) -> Campaign:
    return read_campaign(text.encode(), file="c.toml")


def test_windows_are_measured_in_order_of_time_without_those_they_are_compared_with() -> None:
    assert [w.id for w in _read(GOOD).measured_windows] == ["early", "late"]


def test_a_published_figure_keeps_its_source_and_provenance() -> None:
    published = _read(GOOD).window("before").published
    assert published is not None
    assert (published.addresses, published.provenance, published.source) == (10, Provenance.STATED, "a paper")


def test_the_previous_year_may_be_left_out() -> None:
    assert _read(GOOD.replace('previous_year = "year-before"\n', "")).previous_year == ""


@pytest.mark.parametrize(
    ("was", "becomes", "field"),
    [
        ('id = "test"', 'id = "Test Two"', "id"),
        ('id = "test"', "", "id"),
        ('id = "test"', "id = 7", "id"),
        ('baseline = "before"', 'baseline = "never"', "baseline"),
        ('previous_year = "year-before"', 'previous_year = "before"', "previous_year"),
        ("first = 2020-03-01", "first = 2020-03-02", "windows[4].last"),
        ("last = 2020-03-30", "last = 2020-02-30", ""),
        ("last = 2020-03-30", "last = 2020-02-01", "windows[4].last"),
        ("last = 2020-03-30", "last = 2020-03-30T00:00:00", "windows[4].last"),
        ("last = 2020-03-30", 'last = "2020-03-30"', "windows[4].last"),
        ('id = "early"', 'id = "late"', "windows"),
        ("change_percent = -50", "change_percent = nan", "targets[1].change_percent"),
        ("change_percent = -50", "change_percent = true", "targets[1].change_percent"),
        ('measure = "window-addresses"', 'measure = "hosts"', "targets[1].measure"),
        ("addresses = 10", "addresses = 0", "windows[2].published.addresses"),
        ("addresses = 10", "addresses = 1.5", "windows[2].published.addresses"),
        ('provenance = "stated"', 'provenance = "rumour"', "windows[2].published.provenance"),
        ('en = "Halve"', 'en = ""', "targets[1].text.en"),
        ('baseline = "before"', 'baseline = "before"\nbasline = "before"', "basline"),
        ('baseline = "before"', 'baseline = "before"\nfeeds = []', "feeds"),
        ('baseline = "before"', 'baseline = "before"\nfeeds = ["sinkhole"]', "feeds"),
        ('baseline = "before"', 'baseline = "before"\nfeeds = ["a/b", "a/b"]', "feeds"),
        ('{vi = "Một", en = "One"}', '"One"', "phases[1].name"),
        ("[[phases]]", "[phases]", "phases"),
    ],
)
def test_a_mistake_is_refused_with_file_and_field(was: str, becomes: str, field: str) -> None:
    assert was in GOOD
    with pytest.raises(CampaignError) as refused:
        _read(GOOD.replace(was, becomes, 1))
    assert refused.value.where == (f"c.toml: {field}" if field else "c.toml")


@pytest.mark.parametrize(
    "content", [b"\xff", b"[" * 100_000, b"a = " + b"9" * 5000, b"x" * ((1 << 20) + 1), b"a = 1\na = 2"]
)
def test_what_is_no_toml_is_refused(content: bytes) -> None:
    with pytest.raises(CampaignError) as refused:
        read_campaign(content, file="c.toml")
    assert refused.value.where.startswith("c.toml")


def test_a_window_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(CampaignError) as refused:
        _read(GOOD).window("never")
    assert "before" in refused.value.hint


def test_the_campaign_of_2020_says_what_was_published(tmp_path) -> None:
    campaign = load_campaign("viet-nam-2020", tmp_path)
    published = {w.id: w.published.addresses for w in campaign.windows if w.published}
    assert published["baseline"] == 2_014_512
    assert published["close"] == 1_052_479
    assert campaign.window("baseline").period.first == date(2020, 6, 16)
    assert {w.period.days for w in campaign.windows} == {30}
    assert [t.measure for t in campaign.targets] == [Measure.NONE, Measure.WINDOW_ADDRESSES]


def test_a_campaign_that_is_not_there_is_refused_with_those_that_are(tmp_path) -> None:
    with pytest.raises(InputError) as refused:
        load_campaign("../../etc", tmp_path)
    assert "viet-nam-2020" in refused.value.hint


def test_the_centres_own_campaign_goes_before_the_one_of_the_build(tmp_path) -> None:
    folder = tmp_path / "campaigns" / "viet-nam-2020"
    folder.mkdir(parents=True)
    text = (bundled("data") / "campaigns" / "viet-nam-2020" / "campaign.toml").read_text("utf-8")
    (folder / "campaign.toml").write_text(re.sub("2_014_512", "2_014_513", text), "utf-8")
    published = load_campaign("viet-nam-2020", tmp_path).window("baseline").published
    assert published is not None
    assert published.addresses == 2_014_513


def test_a_plan_may_have_stages_parts_conditions_and_milestones() -> None:
    text = GOOD.replace(
        'name = {vi = "Một", en = "One"}',
        'name = {vi = "Một", en = "One"}\nstage = "before"\n'
        '[[phases.parts]]\nid = "p"\nfirst = 2020-01-01\nlast = 2020-01-05\nname = {vi = "P", en = "P"}\n'
        '[[phases.conditions]]\nneeds = "botnets-decided"\nleast = 3\n'
        '[[milestones]]\nid = "m"\non = 2020-01-09\nname = {vi = "M", en = "M"}',
    )
    (phase,) = _read(text).phases
    assert (phase.stage.value, phase.parts[0].id, phase.conditions[0].least) == ("before", "p", 3)
    assert _read(text).milestones[0].conditions == ()


def test_a_mistake_is_told_in_vietnamese_too() -> None:
    with pytest.raises(CampaignError) as refused:
        _read(GOOD.replace("last = 2020-03-30", "last = 2020-03-29"))
    assert "phải dài bằng nhau mới so sánh được" in refused.value.text.vi
    assert refused.value.text.en == refused.value.what


@pytest.mark.parametrize(
    "condition",
    [
        'needs = "luck"',
        'needs = "tool-offered"\nleast = 0',
        'needs = "tool-offered"\nsubject = "x"',
        'needs = "decision-recorded"',
    ],
)
def test_a_condition_that_cannot_be_judged_is_refused(condition: str) -> None:
    name = 'name = {vi = "Một", en = "One"}'
    with pytest.raises(CampaignError):
        _read(GOOD.replace(name, f"{name}\n[[phases.conditions]]\n{condition}"))
