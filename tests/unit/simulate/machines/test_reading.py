from datetime import date
from pathlib import Path

import pytest

from quetsach.campaign import CampaignError
from quetsach.centre.tables import bundled_ranges, load_families, load_places, scenario_content
from quetsach.core.period import Period
from quetsach.installation import bundled
from quetsach.network.tables import region_key
from quetsach.simulate import is_country, read_country
from quetsach.simulate.machines.leases import addresses_of, networks_of
from quetsach.simulate.machines.scenario import ActivityProfile, FeedForm, LeaseKind, Outage, RollOut, Schedule

SCENARIOS = sorted(path.stem for path in (bundled("data") / "scenarios").glob("*.toml"))
GOOD = """
kind = "country"
country = "VN"
hours_ahead_of_utc = 7
rest_days = ["saturday", "sunday"]
id = "test"
seed = 1
first = 2024-03-04
last = 2024-03-31
hosts = 100
name = {vi = "Thử", en = "Test"}
note = {vi = "Mô phỏng", en = "Simulated"}
[hours.office]
start = 9
until = 18
weekdays_only = true
[[holidays]]
first = 2024-03-08
last = 2024-03-09
[[families]]
spelling = "mirai"
weight = 1
growth_a_week = -0.07
on_line = {always_on = 0.25, office = 0.75}
check_in = {schedule = "periodic", minutes = 30, jitter = 0.1}
changes = [{first = 2024-03-20, schedule = "poisson", minutes = 60}]
[[isps]]
id = "vnpt"
asn = 45899
weight = 1
addresses = 1000
cgnat_addresses = 10
cgnat_ratio = 128
leases = [
    {kind = "dhcp", share = 1, hours = 24},
    {first = 2024-03-15, kind = "dhcp", share = 0.5, hours = 24},
    {first = 2024-03-15, kind = "cgnat", share = 0.5, hours = 12},
]
[[neighbours]]
id = "xa"
country = "XA"
weight = 2
addresses = 1000
leases = [{kind = "fixed", share = 1}]
[[provinces]]
spelling = "HA NOI"
weight = 1
[[provinces]]
spelling = "DA NANG"
weight = 1
[[feeds]]
id = "sinkhole"
form = "shadowserver"
delta_mode = {first = 2024-03-10, last = 2024-03-12}
coverage = [{reach = 0.8}, {family = "mirai", reach = 0.5, keep = 0.9}]
outages = [{day = 2024-03-05, hour = 1.5, hours = 2}]
[[measures]]
id = "campaign"
kind = "campaign"
first = 2024-03-11
reduction = 0.5
roll_out = "wedge"
steps = 2
step_days = 7
order_seed = 4
families = ["mirai"]
isps = ["vnpt"]
provinces = ["DA NANG", "HA NOI"]
"""


def test_a_country_is_read_as_it_is_written() -> None:
    scenario = read_country(GOOD.encode(), file="s.toml")
    (family,), (vnpt, xa), (feed,), (measure,) = scenario.families, scenario.isps, scenario.feeds, scenario.measures
    assert scenario.period == Period(date(2024, 3, 4), date(2024, 3, 31))
    assert (scenario.hours[ActivityProfile.OFFICE].start, scenario.hours[ActivityProfile.HOME].start) == (9, 18.5)
    assert scenario.holidays == {date(2024, 3, 8), date(2024, 3, 9)}
    assert [(c.schedule, c.interval) for c in family.check_ins] == [(Schedule.PERIODIC, 1800), (Schedule.POISSON, 3600)]
    assert family.growth == pytest.approx(-0.01)
    assert [(lease.kind, lease.first.day) for lease in vnpt.leases] == [
        (LeaseKind.DHCP, 4),
        (LeaseKind.DHCP, 15),
        (LeaseKind.CGNAT, 15),
    ]
    assert (vnpt.asn, vnpt.country, xa.asn, xa.country) == (45899, "VN", 0, "XA")
    assert feed.form is FeedForm.SHADOWSERVER
    assert feed.outages == (Outage(86_400 + 5400, 86_400 + 12_600),)
    assert measure.roll_out is RollOut.WEDGE
    assert measure.provinces == ("DA NANG", "HA NOI")


def test_a_scenario_says_of_what_kind_it_is() -> None:
    assert is_country(GOOD.encode(), file="s.toml")
    assert not is_country(scenario_content("viet-nam-2020")[0], file="s.toml")


@pytest.mark.parametrize(
    ("was", "becomes", "field"),
    [
        ('kind = "country"', 'kind = "town"', "kind"),
        ("hosts = 100", "hosts = 0", "hosts"),
        ("last = 2024-03-31", "last = 2034-03-31", "last"),
        ("seed = 1", "seed = 1\nsede = 2", "sede"),
        ("hours_ahead_of_utc = 7", "hours_ahead_of_utc = 15", "hours_ahead_of_utc"),
        ("hours_ahead_of_utc = 7", "hours_ahead_of_utc = -5", "hours.home"),
        ('"saturday", "sunday"', '"saturday", "someday"', "rest_days"),
        ("start = 9", "start = 3", "hours.office"),
        ("until = 18", "until = 8", "hours.office.until"),
        ('spelling = "mirai"', 'spelling = "a\\"b"', "families[1].spelling"),
        ("office = 0.75", "office = 0.5", "families[1].on_line"),
        ("office = 0.75", "offices = 0.75", "families[1].on_line.offices"),
        ('schedule = "periodic"', 'schedule = "now and then"', "families[1].check_in.schedule"),
        ("minutes = 30", "minutes = 0", "families[1].check_in.minutes"),
        ("minutes = 60}]", "minutes = 60, jitter = 0.1}]", "families[1].changes[1].jitter"),
        ("growth_a_week = -0.07", "growth = -0.07", "families[1].growth"),
        ('kind = "cgnat"', 'kind = "nat"', "isps[1].leases[3].kind"),
        ("share = 0.5, hours = 12", "share = 0.4, hours = 12", "isps[1].leases"),
        ("cgnat_ratio = 128", "cgnat_ratio = 1", "isps[1].cgnat_ratio"),
        ("share = 1, hours = 24", "share = 1", "isps[1].leases[1].hours"),
        ('kind = "fixed", share = 1', 'kind = "fixed", share = 1, hours = 2', "neighbours[1].leases[1].hours"),
        ('country = "XA"', 'country = "Laos"', "neighbours[1].country"),
        ('country = "XA"', 'country = "VN"', "neighbours[1].country"),
        ('id = "xa"', 'id = "vnpt"', "isps"),
        ('spelling = "DA NANG"', 'spelling = "HA NOI"', "provinces[2].spelling"),
        ('id = "sinkhole"', 'id = "../x"', "feeds[1].id"),
        ('form = "shadowserver"', 'form = "fax"', "feeds[1].form"),
        ('family = "mirai", reach', 'family = "none", reach', "feeds[1].coverage[2].family"),
        ("reach = 0.8", "reach = 1.8", "feeds[1].coverage[1].reach"),
        ("hours = 2}]", "hours = 0}]", "feeds[1].outages[1].hours"),
        ("delta_mode = {first = 2024-03-10, ", "delta_mode = {first = 2024-03-20, ", "feeds[1].delta_mode.last"),
        ("reduction = 0.5", "reduction = 1.5", "measures[1].reduction"),
        ("first = 2024-03-11", "first = 2024-03-01", "measures[1].first"),
        ("first = 2024-03-20, schedule", "first = 2024-02-20, schedule", "families[1].changes[1].first"),
        ("{first = 2024-03-15, kind", "{first = 2023-03-15, kind", "isps[1].leases[2].first"),
        ("{reach = 0.8}", "{reach = 0.8, first = 2024-01-01}", "feeds[1].coverage[1].first"),
        ("last = 2024-03-09", "last = 2024-04-09", "holidays[1].first"),
        ("cgnat_addresses = 10\n", "cgnat_addresses = 1_048_576\n", "isps[1].cgnat_ratio"),
        ("reduction = 0.5", "last = 2024-03-01", "measures[1].last"),
        ('roll_out = "wedge"', 'roll_out = "everywhere"', "measures[1].order_seed"),
        ('isps = ["vnpt"]', 'isps = ["xa"]', "measures[1].isps"),
        ('families = ["mirai"]', 'families = ["mirai", "mirai"]', "measures[1].families"),
        ('provinces = ["DA NANG", "HA NOI"]', 'provinces = ["HUE"]', "measures[1].provinces"),
    ],
)
def test_a_mistake_is_refused_with_file_and_field(was: str, becomes: str, field: str) -> None:
    assert was in GOOD
    with pytest.raises(CampaignError) as refused:
        read_country(GOOD.replace(was, becomes, 1).encode(), file="s.toml")
    assert refused.value.where == f"s.toml: {field}"


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_of_this_build_fits_its_tables(name: str) -> None:
    content, file = scenario_content(name)
    scenario = read_country(content, file=file)
    assert scenario.id == name
    places = {region_key(place.name_en) for place in load_places().all_on(scenario.period.first)}
    assert {region_key(spelling) for spelling in scenario.provinces} <= places
    families = load_families()
    assert {families.resolve(family.spelling) for family in scenario.families} <= set(families.families)
    addresses_of(scenario.isps, bundled_ranges())
    networks_of(scenario.isps, bundled_ranges())


def test_the_scenarios_that_were_promised_are_there() -> None:
    assert set(SCENARIOS) == {
        *("tiny", "national", "province-wedge", "small-wedge", "lease-change", "cgnat-migration", "feed-trouble"),
        *("clock-error", "botnet-moves", "dga-change", "three-measures"),
    }


def test_the_wedge_has_all_63_provinces() -> None:
    content, file = scenario_content("province-wedge")
    assert len(read_country(content, file=file).provinces) == 63


def test_the_national_campaign_has_six_neighbours_and_families_that_it_leaves_alone() -> None:
    content, file = scenario_content("national")
    scenario = read_country(content, file=file)
    assert len(scenario.countries) == 7
    assert len(scenario.measures[0].families) < len(scenario.families)


def test_a_scenario_that_is_no_toml_is_explained(tmp_path: Path) -> None:
    with pytest.raises(CampaignError, match="TOML"):
        is_country(b"kind = ", file=str(tmp_path / "s.toml"))
