import pytest

from quetsach.campaign import CampaignError
from quetsach.centre.tables import bundled_ranges, load_campaign, load_families, load_places, load_scenario
from quetsach.core.errors import InputError
from quetsach.network.tables import region_key
from quetsach.simulate import Origin, read_scenario

GOOD = """
id = "test"
report = "event4_sinkhole"
identifier = "vn"
country = "VN"
scale = 1
seed = 1
name = {vi = "Thử", en = "Test"}
note = {vi = "Mô phỏng", en = "Simulated"}
addresses = {mean_days = 2, mean_sightings_a_day = 1.5, regionless_share = 0.5}
[[spans]]
first = 2020-06-16
last = 2020-06-20
addresses = 100
origin = "published"
[[families]]
spelling = "mirai"
weight = 1
[[providers]]
asn = 45899
weight = 1
[[regions]]
spelling = "HA NOI"
weight = 1
"""


def test_a_scenario_says_where_its_totals_come_from() -> None:
    assert read_scenario(GOOD.encode(), file="s.toml").spans[0].origin is Origin.PUBLISHED


@pytest.mark.parametrize(
    ("was", "becomes", "field"),
    [
        ("scale = 1", "scale = 0", "scale"),
        ('report = "event4_sinkhole"', 'report = "../../etc"', "report"),
        ('spelling = "mirai"', 'spelling = "a\\"b"', "families[1].spelling"),
        ('spelling = "mirai"', 'spelling = "a\\nb"', "families[1].spelling"),
        ("asn = 45899", "asn = 0", "providers[1].asn"),
        ("mean_days = 2", "mean_days = 0.5", "addresses.mean_days"),
        ('origin = "published"', 'origin = "guess"', "spans[1].origin"),
        ("weight = 1", "weight = 0", "families[1].weight"),
        ("seed = 1", "seed = 1\nsede = 2", "sede"),
        ("addresses = 100\n", "addresses = 0\n", "spans[1].addresses"),
    ],
)
def test_a_mistake_is_refused_with_file_and_field(was: str, becomes: str, field: str) -> None:
    assert was in GOOD
    with pytest.raises(CampaignError) as refused:
        read_scenario(GOOD.replace(was, becomes, 1).encode(), file="s.toml")
    assert refused.value.where == f"s.toml: {field}"


def test_spans_that_overlap_are_refused() -> None:
    again = GOOD.replace(
        "[[families]]",
        '[[spans]]\nfirst = 2020-06-20\nlast = 2020-06-21\naddresses = 1\norigin = "derived"\n[[families]]',
    )
    with pytest.raises(CampaignError, match="begins before"):
        read_scenario(again.encode(), file="s.toml")


def test_the_scenario_of_2020_has_the_campaigns_published_figures(tmp_path) -> None:
    campaign, scenario = load_campaign("viet-nam-2020", tmp_path), load_scenario("viet-nam-2020")
    played = {span.period: span.addresses for span in scenario.spans if span.origin is not Origin.INTERPOLATED}
    assert played == {w.period: w.published.addresses for w in campaign.windows if w.published}


def test_the_scenario_of_2020_covers_every_day_from_baseline_to_end() -> None:
    days = [day for span in load_scenario("viet-nam-2020").spans[1:] for day in span.period]
    assert (days[-1] - days[0]).days + 1 == len(days) == 258


def test_the_scenario_of_2020_names_each_of_the_63_provinces_once() -> None:
    scenario = load_scenario("viet-nam-2020")
    provinces = load_places().all_on(scenario.spans[0].period.first)
    assert {region_key(r) for r in scenario.regions} == {region_key(p.name_en) for p in provinces}
    assert len(scenario.regions) == 63


def test_the_scenario_of_2020_uses_known_families_and_announced_networks() -> None:
    scenario, names = load_scenario("viet-nam-2020"), load_families()
    assert {names.resolve(f) for f in scenario.families} <= set(names.families)
    assert all(bundled_ranges().ipv4_of(asn) for asn in scenario.providers)


def test_a_scenario_is_read_from_a_path(tmp_path) -> None:
    path = tmp_path / "s.toml"
    path.write_text(GOOD, "utf-8")
    assert load_scenario(str(path)).id == "test"


def test_a_path_without_a_scenario_is_explained(tmp_path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load_scenario(str(tmp_path / "none.toml"))
