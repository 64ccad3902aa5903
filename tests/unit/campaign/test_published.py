"""What others published about a campaign."""

import re
from datetime import date
from pathlib import Path

import pytest

from quetsach.campaign import CampaignError, Provenance, read_campaign
from quetsach.campaign.record import Counted, read_published
from quetsach.installation import bundled

DECEMBER = date(2020, 12, 1)
ONE = """[[figures]]
id = "close"
first = 2020-11-01
last = 2020-11-30
counted = "unknown"
addresses = 1_052_479
provenance = "stated"
source = "plo.vn"
"""


def test_the_record_of_2020_gives_the_published_change() -> None:
    path = Path(str(bundled("data") / "campaigns" / "viet-nam-2020" / "published.toml"))
    record = read_published(path.read_bytes(), file=path.name)
    close, baseline = record.figure("close"), record.figure("baseline")
    assert close is not None
    assert baseline is not None
    assert round(100 * (close.addresses / baseline.addresses - 1), 1) == -47.8
    assert (baseline.counted, close.counted) == (Counted.MONTH, Counted.UNKNOWN)
    assert list(record.figures) == sorted(record.figures, key=lambda f: f.period)
    assert all(p.source or p.note for p in (*record.figures, *record.activity, *record.placings))
    assert all(f.note for f in record.figures if f.provenance is Provenance.DERIVED)
    assert len(record.limits) >= 5


def test_a_figure_of_2020_is_the_same_wherever_it_stands() -> None:
    """December 2020 follows from January 2021, which was printed as 1.05 % below it."""
    folder = Path(str(bundled("data") / "campaigns" / "viet-nam-2020"))
    record = read_published((folder / "published.toml").read_bytes(), file="published.toml")
    campaign = read_campaign((folder / "campaign.toml").read_bytes(), file="campaign.toml")
    printed = {window.published.addresses for window in campaign.windows if window.published}
    assert printed <= {figure.addresses for figure in record.figures}
    january, december = (next(f for f in record.figures if f.period.first == d) for d in (date(2021, 1, 1), DECEMBER))
    assert round(100 * (january.addresses / december.addresses - 1), 2) == -1.05


def test_what_is_said_of_a_figure_is_said_in_both_languages_and_a_source_is_a_name() -> None:
    path = Path(str(bundled("data") / "campaigns" / "viet-nam-2020" / "published.toml"))
    record = read_published(path.read_bytes(), file=path.name)
    sources = {p.source for p in (*record.figures, *record.activity, *record.placings)}
    assert not [source for source in sources if re.search(r"%|\b(against|over|through|derived|early|and)\b", source)]


def test_nothing_on_record_is_an_empty_record() -> None:
    record = read_published(b"", file="published.toml")
    assert (record.figures, record.activity, record.limits, record.placings) == ((), (), (), ())
    assert record.figure("close") is None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (ONE.replace("1_052_479", "0"), "addresses"),
        (ONE.replace("unknown", "fortnight"), "counted"),
        (ONE.replace("2020-11-30", "2020-10-30"), "before first"),
        (ONE + "guess = 1\n", "guess"),
        (ONE.replace('source = "plo.vn"', ""), "source"),
        (ONE + 'note.vi = "chỉ có tiếng Việt"\n', "en"),
        (ONE + ONE, "close"),
        ("[[placings]]\nby = 'X'\nyear = 2020\nplace = 0\nmeasure.vi = 'a'\nmeasure.en = 'a'\nsource = 's'\n", "place"),
        ("[[limits]]\nvi = 'chỉ có tiếng Việt'\n", "en"),
    ],
)
def test_a_fault_is_named_with_its_field(content: str, said: str) -> None:
    with pytest.raises(CampaignError, match=said):
        read_published(content.encode(), file="published.toml")
