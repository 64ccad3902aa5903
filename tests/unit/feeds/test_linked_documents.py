"""STIX and MISP into records: who was seen with what is brought together, and every object is accounted for."""

import json
import tracemalloc
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from random import Random
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quetsach.core.family import FamilyNames
from quetsach.feeds import document_frames, stix
from quetsach.feeds.layout import FeedError, Layout, Subject
from quetsach.feeds.layout_files import bundled_layouts, read_layouts
from quetsach.feeds.reader import read
from quetsach.feeds.stix import resolve_bundle
from quetsach.feeds.table import REJECTS, SIGHTINGS

NOW = datetime(2026, 12, 1, tzinfo=UTC)
FAMILIES = FamilyNames.of([], version="0")
LAYOUTS = {(layout.feed, layout.report): layout for layout in bundled_layouts()}
TRAFFIC, INDICATORS = LAYOUTS["stix", "traffic"], LAYOUTS["stix", "indicators"]
INFECTED, ADDRESSES = LAYOUTS["misp", "infected"], LAYOUTS["misp", "addresses"]

type Json = dict[str, Any]


def taken(document: Any, by: Layout) -> tuple[list[Json], list[Json], int]:
    """Return sightings, rejects, and how many lines and objects are no records."""
    content = document if isinstance(document, bytes) else json.dumps(document, indent=1).encode()
    batches = list(read([content], by, FAMILIES, now=NOW))
    sightings = pa.concat_tables([SIGHTINGS.empty_table(), *[batch.sightings for batch in batches]])
    rejects = pa.concat_tables([REJECTS.empty_table(), *[batch.rejects for batch in batches]])
    return sightings.to_pylist(), rejects.to_pylist(), sum(batch.blank + batch.context for batch in batches)


def seen(rows: list[Json]) -> list[tuple[str, str]]:
    return sorted((row["malware"], row["address"].hex[-8:]) for row in rows)


def bundle(*objects: Any, **more: Any) -> Json:
    return {"type": "bundle", "id": "bundle--1", "objects": list(objects)} | more


def sdo(kind: str, number: int, **more: Any) -> Json:
    return {"type": kind, "spec_version": "2.1", "id": f"{kind}--{number}", "modified": "2026-11-01T00:00:00Z"} | more


def observed(number: int, *refs: str, **more: Any) -> Json:
    at = {"first_observed": "2026-11-01T00:30:00Z", "last_observed": "2026-11-01T00:40:00.5Z", "number_observed": 7}
    return sdo("observed-data", number, **at, object_refs=list(refs)) | more


BOT = {"type": "ipv4-addr", "id": "ipv4-addr--1", "value": "14.160.0.1"}
SINKHOLE = {"type": "ipv4-addr", "id": "ipv4-addr--2", "value": "8.8.4.4"}
CALL = {
    "type": "network-traffic",
    "id": "network-traffic--1",
    "src_ref": "ipv4-addr--1",
    "src_port": 40001,
    "dst_ref": "ipv4-addr--2",
    "dst_port": 443,
    "protocols": ["ipv4", "tcp", "http"],
}
MALWARE = sdo("malware", 1, name="mirai", is_family=True)
SEEN = observed(1, "network-traffic--1", "ipv4-addr--1")
SIGHTING = sdo("sighting", 1, sighting_of_ref="malware--1", observed_data_refs=["observed-data--1"])
LINK = sdo("relationship", 1, source_ref="observed-data--1", target_ref="malware--1", relationship_type="indicates")
INDICATOR = sdo(
    "indicator",
    1,
    pattern_type="stix",
    pattern="[ipv4-addr:value = '8.8.4.4'] OR [ipv6-addr:value = '2001:4860::1']",
    valid_from="2026-10-01T00:00:00Z",
)
INDICATES = sdo("relationship", 2, source_ref="indicator--1", target_ref="malware--1", relationship_type="indicates")
BASED_ON = INDICATES | {"relationship_type": "based-on", "target_ref": "observed-data--1", "id": "relationship--3"}
CONTEXT = [BOT, SINKHOLE, CALL, MALWARE]


def test_the_source_of_traffic_that_was_sighted_as_malware_is_a_sighting() -> None:
    [row], rejects, blank = taken(bundle(*CONTEXT, SEEN, SIGHTING), TRAFFIC)
    assert seen([row]) == [("mirai", "0ea00001")]
    assert (row["port"], row["transport"], row["destination_port"]) == (40001, "tcp", 443)
    assert row["destination_address"].hex[-8:] == "08080404"
    assert row["observed_at"] == datetime(2026, 11, 1, 0, 40, 0, 500_000, tzinfo=UTC), "the last time it was observed"
    assert json.loads(row["extra"])["number_observed"] == 7
    assert (rejects, blank) == ([], 5), "what only says more of others is counted, and is no record"


@pytest.mark.parametrize(
    "said",
    [
        [LINK],
        [LINK | {"relationship_type": "sighting-of"}],
        [SIGHTING],
        [SIGHTING | {"sighting_of_ref": "indicator--1"}, INDICATOR, INDICATES],
    ],
    ids=["indicates", "sighting of", "sighted", "sighted by an indicator"],
)
def test_what_malware_was_seen_is_said_in_several_ways(said: list[Json]) -> None:
    rows, _, _ = taken(bundle(*CONTEXT, SEEN, *said), TRAFFIC)
    assert seen(rows) == [("mirai", "0ea00001")]


@pytest.mark.parametrize(
    ("objects", "column", "excerpt"),
    [
        ([SEEN], "malware", ""),
        ([SEEN, SIGHTING | {"count": 0}], "malware", ""),
        ([SEEN, SIGHTING | {"revoked": True}], "malware", ""),
        ([SEEN, LINK, MALWARE | {"modified": "2026-11-02T00:00:00Z", "revoked": True}], "malware", ""),
        *(
            ([SEEN, LINK | {"relationship_type": relation}], "malware", "")
            for relation in ("related-to", "communicates-with", "derived-from", None, ["indicates"])
        ),
        ([SEEN, LINK | {"source_ref": "malware--1", "target_ref": "observed-data--1"}], "malware", ""),
        ([SEEN | {"revoked": True}, SIGHTING], "state", "revoked"),
        ([SEEN | {"spec_version": "2.0"}, SIGHTING], "state", "version"),
        ([observed(1, "ipv4-addr--1"), SIGHTING], "kind", "address"),
        ([observed(1, "file--1"), SIGHTING], "kind", "other"),
        ([SIGHTING], "kind", "sighting"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_observation_that_names_no_infected_machine_is_set_aside(
    objects: list[Json], column: str, excerpt: str
) -> None:
    rows, [reject], _ = taken(bundle(*CONTEXT, *objects), TRAFFIC)
    assert rows == []
    assert (reject["reason"], reject["column"], reject["excerpt"]) == ("other_kind", column, excerpt)


RED = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"
GREEN = "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da"
"""Of TLP 2.0 and of 1.0."""


def marking(**more: Any) -> Json:
    return {"type": "marking-definition", "spec_version": "2.1", "id": "marking-definition--1"} | more


def newer(level: Any) -> Json:
    extension = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
    return marking(extensions={extension: {"extension_type": "property-extension", "tlp_2_0": level}})


OWN = {"object_marking_refs": ["marking-definition--1"]}


@pytest.mark.parametrize(
    ("said", "level"),
    [
        ([SEEN, SIGHTING], None),
        ([SEEN | {"object_marking_refs": [GREEN]}, SIGHTING], "green"),
        ([SEEN | {"object_marking_refs": [GREEN]}, SIGHTING | {"object_marking_refs": [RED]}], "red"),
        ([SEEN, SIGHTING, CALL | {"object_marking_refs": [RED]}], "red"),
        ([SEEN, SIGHTING, MALWARE | {"modified": "2027", "object_marking_refs": [GREEN]}], "green"),
        ([SEEN | {"granular_markings": [{"marking_ref": RED, "selectors": ["object_refs"]}]}, SIGHTING], "red"),
        ([SEEN | OWN, SIGHTING, marking(definition_type="tlp", definition={"tlp": "amber"})], "amber"),
        ([SEEN | OWN, SIGHTING, newer("amber+strict")], "amber+strict"),
        ([SEEN | OWN, SIGHTING, newer("ultraviolet")], "red"),
        ([SEEN | OWN, SIGHTING, newer(["red"])], "red"),
        ([SEEN | OWN, SIGHTING, marking(definition_type="statement", definition={"statement": "(c)"})], None),
        ([SEEN | OWN, SIGHTING], "red"),
        ([SEEN | {"object_marking_refs": "x", "granular_markings": [1, {"marking_ref": 2}]}, SIGHTING], None),
    ],
)
def test_a_record_is_marked_as_narrowly_as_anything_that_it_is_made_from(said: list[Json], level: str | None) -> None:
    context = [BOT, SINKHOLE, MALWARE, *(() if any(one["id"] == CALL["id"] for one in said) else (CALL,))]
    [row], _, _ = taken(bundle(*context, *said), TRAFFIC)
    assert json.loads(row["extra"]).get("tlp") == level


def test_only_the_latest_version_of_an_object_counts() -> None:
    later = SEEN | {"modified": "2026-11-01T00:00:00.5Z", "number_observed": 9}
    rows, [reject], _ = taken(bundle(*CONTEXT, later, SEEN, SIGHTING), TRAFFIC)
    assert [json.loads(row["extra"])["number_observed"] for row in rows] == [9]
    assert reject["excerpt"] == "superseded"


def test_an_object_that_is_there_twice_is_a_duplicate_and_not_two() -> None:
    rows, rejects, _ = taken(bundle(*CONTEXT, SEEN, SEEN, SIGHTING), TRAFFIC)
    assert rejects == []
    assert len(rows) == 2
    assert len({row["sighting_id"] for row in rows}) == 1


@pytest.mark.parametrize("absent", [CALL, BOT], ids=["traffic", "address"])
def test_a_reference_to_nothing_leaves_an_observation_without_address(absent: Json) -> None:
    objects = [one for one in CONTEXT if one is not absent]
    _, [reject], _ = taken(bundle(*objects, SEEN, SIGHTING), TRAFFIC)
    assert reject["reason"] == "empty_ip"


def test_a_source_that_is_a_name_is_no_address() -> None:
    name = {"type": "domain-name", "id": "ipv4-addr--1", "value": "bot.example"}
    _, [reject], _ = taken(bundle(name, CALL, MALWARE, SEEN, SIGHTING), TRAFFIC)
    assert (reject["reason"], reject["excerpt"]) == ("bad_ip", "bot.example")


def test_observables_may_stand_inside_of_observed_data() -> None:
    inner = {"0": BOT, "1": CALL | {"src_ref": "0", "dst_ref": "7"}}
    rows, _, _ = taken(bundle(MALWARE, observed(1, objects=inner), SIGHTING), TRAFFIC)
    assert seen(rows) == [("mirai", "0ea00001")]


def test_objects_that_refer_to_each_other_in_a_circle_are_read() -> None:
    circle = sdo("relationship", 3, source_ref="malware--1", target_ref="malware--1", relationship_type="related-to")
    back = BOT | {"resolves_to_refs": ["network-traffic--1"]}
    rows, _, _ = taken(bundle(back, SINKHOLE, CALL, MALWARE, circle, SEEN, SIGHTING), TRAFFIC)
    assert len(rows) == 1


def test_two_kinds_of_malware_are_two_sightings() -> None:
    other = sdo("malware", 2, name="gafgyt")
    rows, _, _ = taken(bundle(*CONTEXT, other, SEEN, SIGHTING, LINK | {"target_ref": "malware--2"}), TRAFFIC)
    assert seen(rows) == [("gafgyt", "0ea00001"), ("mirai", "0ea00001")]


def test_an_indicator_is_of_what_is_bad_and_never_of_a_host() -> None:
    assert INDICATORS.subject is Subject.CONTROL
    pattern = INDICATOR | {"id": "indicator--2", "pattern": "[ipv4-addr:value = '8.8.8.8' AND file:size = 1]"}
    rows, [reject], _ = taken(bundle(MALWARE, INDICATOR, INDICATES, pattern), INDICATORS)
    assert seen(rows) == [("mirai", "00000001"), ("mirai", "08080404")]
    assert (reject["reason"], reject["excerpt"]) == ("other_kind", "pattern")
    assert taken(bundle(MALWARE, INDICATOR, INDICATES), TRAFFIC)[0] == []


@pytest.mark.parametrize("taken_back", [{"revoked": True}, {"spec_version": "2.0"}])
def test_what_was_seen_as_an_indicator_that_was_taken_back_is_no_infection(taken_back: Json) -> None:
    said = [SIGHTING | {"sighting_of_ref": "indicator--1"}, INDICATES, INDICATOR | taken_back]
    rows, rejects, _ = taken(bundle(*CONTEXT, SEEN, *said), TRAFFIC)
    assert (rows, rejects[0]["column"]) == ([], "malware")


def test_what_an_indicator_was_made_from_is_not_said_to_be_infected() -> None:
    rows, rejects, _ = taken(bundle(*CONTEXT, SEEN, INDICATOR, INDICATES, BASED_ON), TRAFFIC)
    assert (rows, [reject["column"] for reject in rejects]) == ([], ["malware", "kind", "kind"])


@pytest.mark.parametrize(
    ("lifetime", "is_seen"),
    [
        ({"valid_from": "2026-11-01T00:40:00.5Z"}, True),
        ({"valid_from": "2026-11-01T00:40:00.500001Z"}, False),
        ({"valid_until": "2026-11-01T00:40:00.500001Z"}, True),
        ({"valid_until": "2026-11-01T00:40:00.5Z"}, False),
        ({"valid_until": None}, True),
        ({"valid_until": "some day"}, False),
        ({"valid_from": 7}, False),
        ({"valid_from": "2026-10-01T00:00:00"}, False),
    ],
)
def test_an_indicator_says_nothing_of_another_time_than_its_own(lifetime: Json, is_seen: bool) -> None:
    said = [SIGHTING | {"sighting_of_ref": "indicator--1"}, INDICATES, INDICATOR | lifetime]
    assert bool(taken(bundle(*CONTEXT, SEEN, *said), TRAFFIC)[0]) is is_seen


def test_an_indicator_keeps_how_long_it_is_valid() -> None:
    rows, _, _ = taken(bundle(MALWARE, INDICATOR | {"valid_until": "2026-10-02T00:00:00Z"}, INDICATES), INDICATORS)
    assert {json.loads(row["extra"])["valid_until"] for row in rows} == {"2026-10-02T00:00:00Z"}


def test_an_indicator_of_much_malware_costs_no_more_for_what_is_not_there() -> None:
    many = range(1500)
    said = [MALWARE | {"id": f"malware--{n}", "name": f"m{n}"} for n in many]
    said += [INDICATES | {"id": f"relationship--x{n}", "target_ref": f"malware--{n}"} for n in many]
    nowhere = {"sighting_of_ref": "indicator--1", "observed_data_refs": [f"observed-data--x{n}" for n in many]}
    tracemalloc.start()
    try:
        objects = sum(1 for _ in resolve_bundle(bundle(*said, SIGHTING | nowhere)))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert objects == 3001
    assert most < 16 << 20


def test_a_large_object_is_compared_with_many_others_of_its_name_once(monkeypatch: pytest.MonkeyPatch) -> None:
    written = list[Json]()
    monkeypatch.setattr(stix, "_written", lambda one: written.append(one) or str(one).encode())
    for _ in resolve_bundle(bundle(*[SEEN | {"number": n} for n in range(100)])):
        pass
    assert len(written) == 100


def test_what_is_no_object_is_set_aside_with_its_place() -> None:
    rows, rejects, _ = taken(bundle(*CONTEXT, 7, None, "x", [], SEEN, SIGHTING), TRAFFIC)
    assert len(rows) == 1
    assert [reject["reason"] for reject in rejects] == ["bad_json"] * 4


def test_a_record_lies_where_its_object_does() -> None:
    text = SEEN | {"labels": ['a "}]{[ \\', "\\\\"]}
    content = json.dumps(bundle(*CONTEXT, SIGHTING, text), indent=1).encode()
    [row], _, _ = taken(content, TRAFFIC)
    start = row["byte_offset"]
    assert json.loads(content[start : start + row["byte_length"]]) == text
    assert content[:start].count(b"\n") + 1 == row["line"]


def test_a_name_that_stands_twice_makes_the_document_the_place() -> None:
    content = b'{"objects": [{}],' + json.dumps(bundle(*CONTEXT, SIGHTING, SEEN)).encode()[1:]
    [row], _, _ = taken(content, TRAFFIC)
    assert (row["byte_offset"], row["byte_length"]) == (0, len(content))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"type": "bundle"', "no JSON"),
        (b"[]", "no bundle of STIX"),
        (b'{"type": "bundle", "objects": 7}', "no bundle of STIX"),
        (b'{"type": "bundle", "spec_version": "2.0", "objects": []}', "of STIX '2.0'; 2.1 is read"),
    ],
)
def test_what_is_no_bundle_is_refused_whole(content: bytes, message: str) -> None:
    with pytest.raises(FeedError, match=message) as refusal:
        taken(content, TRAFFIC)
    assert refusal.value.hint


def test_a_document_is_bounded_in_objects_and_in_what_they_make(monkeypatch: pytest.MonkeyPatch) -> None:
    content = json.dumps(bundle(*CONTEXT, SEEN, SIGHTING)).encode()
    monkeypatch.setattr(document_frames, "MAX_RESOLVED_BYTES", 300)
    with pytest.raises(FeedError, match="too often"):
        taken(content, TRAFFIC)
    monkeypatch.setattr(document_frames, "MAX_CONTAINERS", 5)
    with pytest.raises(FeedError, match="more than 5 objects"):
        taken(content, TRAFFIC)


def test_a_long_document_is_read_in_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    content = json.dumps(bundle(*CONTEXT, *[SEEN] * 5, SIGHTING), indent=1).encode()
    expected = taken(content, TRAFFIC)
    monkeypatch.setattr(document_frames, "_SLICE_RECORDS", 2)
    monkeypatch.setattr(document_frames, "_WINDOW", 40)
    assert taken(content, TRAFFIC) == expected
    assert len(expected[0]) == 5


OBJECTS: list[Json] = [
    *CONTEXT,
    *(
        SEEN,
        SEEN | {"number_observed": 8},
        observed(2, "network-traffic--1", "network-traffic--9"),
        INDICATOR,
        INDICATES,
    ),
    *(SIGHTING, LINK, LINK | {"revoked": True}, sdo("malware", 2, name="gafgyt"), LINK | {"target_ref": "malware--2"}),
    SIGHTING | {"id": "sighting--2", "sighting_of_ref": "indicator--1", "observed_data_refs": ["observed-data--2"]},
    BOT | {"value": "14.160.0.9"},
]


@settings(max_examples=60)
@given(st.lists(st.sampled_from(OBJECTS), max_size=25), st.randoms(use_true_random=False))
def test_the_order_of_a_bundle_does_not_matter(objects: list[Json], random: Random) -> None:
    def told(document: Mapping[str, Any]) -> tuple[list[str], list[str], int]:
        rows, rejects, blank = taken(document, TRAFFIC)
        return (
            sorted(f"{row['sighting_id']} {row['extra']}" for row in rows),
            sorted(f"{reject['reason']} {reject['excerpt']}" for reject in rejects),
            blank,
        )

    shuffled = random.sample(objects, len(objects))
    assert told(bundle(*shuffled)) == told(bundle(*objects))


def attribute(kind: str, value: str, **more: Any) -> Json:
    at = {"first_seen": "2026-11-01T07:30:00.000000+07:00", "last_seen": None, "timestamp": "1761957000"}
    return (
        {"uuid": f"u-{value}", "type": kind, "category": "Network activity", "value": value, "to_ids": True} | at | more
    )


def event(*attributes: Any, tags: tuple[str, ...] = (), **more: Any) -> Json:
    tagged = [{"name": name} for name in tags]
    return {"Event": {"uuid": "e1", "info": "x" * 900, "Attribute": list(attributes), "Tag": tagged} | more}


RSIT = 'rsit:malicious-code="infected-system"'
MIRAI = 'misp-galaxy:botnet="Mirai"'


def test_a_source_in_an_event_that_is_tagged_as_infected_is_a_sighting() -> None:
    given = event(
        attribute("ip-src|port", "14.160.0.1|40001"), attribute("md5", "0" * 32), tags=(RSIT, MIRAI, "tlp:red")
    )
    for document in (given, [given], {"response": [given]}, given["Event"]):
        [row], rejects, blank = taken(document, INFECTED)
        assert (seen([row]), row["port"]) == ([("Mirai", "0ea00001")], 40001)
        assert row["observed_at"] == datetime(2026, 11, 1, 0, 30, tzinfo=UTC)
        assert (rejects, blank) == ([], 1), "an attribute of no address is counted, and is no record"
    extra = json.loads(row["extra"])
    assert extra["tags"] == {"rsit:malicious-code": "infected-system", "tlp:red": "yes"}
    assert (extra["event"]["uuid"], len(extra["event"]["info"])) == ("e1", 200)


@pytest.mark.parametrize(
    ("given", "column"),
    [
        (event(attribute("ip-src", "14.160.0.1"), tags=(MIRAI,)), "tags.rsit:malicious-code"),
        (event(attribute("ip-dst", "14.160.0.1"), tags=(RSIT, MIRAI)), "kind"),
        (event(attribute("ip-src", "14.160.0.1", deleted=True), tags=(RSIT, MIRAI)), "state"),
        (
            event(attribute("ip-src", "14.160.0.1"), tags=(RSIT, 'rsit:malicious-code="c2-server"')),
            "tags.rsit:malicious-code",
        ),
    ],
)
def test_an_address_that_no_event_calls_infected_is_set_aside(given: Json, column: str) -> None:
    rows, [reject], _ = taken(given, INFECTED)
    assert rows == []
    assert (reject["reason"], reject["column"]) == ("other_kind", column)


def test_the_time_at_which_an_attribute_was_edited_is_not_when_it_was_seen() -> None:
    given = event(attribute("ip-src", "14.160.0.1", first_seen=None), tags=(RSIT, MIRAI))
    assert taken(given, INFECTED)[1][0]["reason"] == "bad_timestamp"
    assert ADDRESSES.subject is Subject.OTHER
    assert len(taken(given, ADDRESSES)[0]) == 1


def sighting(kind: Any, at: Any, **more: Any) -> Json:
    return {"uuid": f"s-{at}", "type": kind, "date_sighting": at, "source": "sinkhole"} | more


NOON, LATER = "1793534400", "1793538000"


def test_a_sighting_of_an_infected_address_is_a_sighting_of_its_time() -> None:
    source = attribute("ip-src", "14.160.0.1", Sighting=[sighting("0", NOON), 7, sighting("0", LATER)])
    given = event(source, attribute("md5", "0" * 32, Sighting=[sighting("0", NOON)]), tags=(RSIT, MIRAI))
    content = json.dumps(given, indent=1).encode()
    rows, [reject], others = taken(content, INFECTED)
    times = [f"{row['observed_at']:%H:%M}" for row in rows]
    assert (times, reject["reason"], others) == (["00:30", "12:00", "13:00"], "bad_json", 2)
    assert len({row["sighting_id"] for row in rows}) == 3
    assert {row["malware"] for row in rows} == {"Mirai"}
    assert json.loads(rows[1]["extra"])["sighting"]["source"] == "sinkhole"
    lies = content[rows[1]["byte_offset"] :][: rows[1]["byte_length"]]
    assert json.loads(lies) == sighting("0", NOON)
    assert len(taken(event(source), INFECTED)[0]) == 0, "an address that nobody calls infected is none when seen"


@pytest.mark.parametrize(
    ("sightings", "states"),
    [
        ([sighting("0", LATER), sighting("1", NOON)], {"false-positive": 2}),
        ([sighting(0, NOON), sighting(1, None)], {"false-positive": 2}),
        ([sighting("0", NOON), sighting("2", LATER)], {}),
        ([sighting("2", LATER), sighting("0", LATER), sighting("0", NOON)], {"expired": 1}),
        ([sighting("2", "1"), sighting("0", NOON)], {"expired": 2}),
        ([sighting("2", "?"), sighting("2", LATER)], {"expired": 1}),
    ],
)
def test_what_sightings_take_back_is_no_infection(sightings: list[Json], states: dict[str, int]) -> None:
    given = event(attribute("ip-src", "14.160.0.1", Sighting=sightings), tags=(RSIT, MIRAI))
    for order in (sightings, sightings[::-1]):
        given["Event"]["Attribute"][0]["Sighting"] = order
        rows, rejects, _ = taken(given, INFECTED)
        assert Counter(reject["excerpt"] for reject in rejects if reject["column"] == "state") == states
        asked = sum(str(one["type"]) == "0" for one in sightings)
        assert len(rows) == 1 + asked - sum(states.values())


def test_a_sighting_without_a_time_is_set_aside() -> None:
    source = attribute("ip-src", "14.160.0.1", Sighting=[sighting("0", "9" * 5000), sighting("0", None)])
    rows, rejects, _ = taken(event(source, tags=(RSIT, MIRAI)), INFECTED)
    assert (len(rows), [reject["reason"] for reject in rejects]) == (1, ["bad_timestamp"] * 2)


def test_a_layout_takes_of_an_event_what_each_record_keeps() -> None:
    content = b"""
    feed = "w"
    title = { vi = "w", en = "w" }
    framing = { syntax = "misp" }
    clock = { zone = "written" }
    [[report]]
    name = "r"
    subject = "other"
    summary = { vi = "w", en = "w" }
    columns = { observed_at = "first_seen", address = "source", hostname = "event.uuid", malware = "tags.b" }
    """
    [by] = read_layouts(content, where="w.toml")
    rows, _, _ = taken(
        event(attribute("ip-src", "14.160.0.1"), attribute("ip-src", "14.160.0.2"), tags=('b="Mirai"',)), by
    )
    assert [(row["hostname"], row["malware"]) for row in rows] == [("e1", "Mirai")] * 2


def test_an_object_says_more_of_the_address_in_it() -> None:
    parts = {"src-port": "40001", "dst-port": "443", "ip-dst": "8.8.4.4", "layer4-protocol": "TCP"}
    beside = [attribute("text", value, object_relation=name) for name, value in parts.items() if name != "ip-dst"]
    source = attribute("ip-src", "14.160.0.1", object_relation="ip-src", first_seen=None)
    call = {
        "name": "network-connection",
        "last_seen": "2026-11-01T00:30:00Z",
        "Attribute": [*beside, source, attribute("ip-dst", "8.8.4.4", object_relation="ip-dst")],
    }
    [row], [reject], blank = taken(event(tags=(RSIT, MIRAI), Object=[call]), INFECTED)
    assert (row["port"], row["transport"], row["destination_port"]) == (40001, "tcp", 443)
    assert row["destination_address"].hex[-8:] == "08080404"
    assert row["observed_at"] == datetime(2026, 11, 1, 0, 30, tzinfo=UTC)
    assert (reject["excerpt"], blank) == ("ip-dst", 3)


def test_a_galaxy_names_malware_as_its_tag_does() -> None:
    clusters = [{"tag_name": MIRAI, "value": "Mirai"}]
    given = event(
        attribute("ip-src", "14.160.0.1", Galaxy=[{"type": "botnet", "GalaxyCluster": clusters}]), tags=(RSIT,)
    )
    assert seen(taken(given, INFECTED)[0]) == [("Mirai", "0ea00001")]


def test_an_address_of_an_object_that_was_deleted_is_none() -> None:
    gone = {"deleted": True, "Attribute": [attribute("ip-src", "14.160.0.1")]}
    rows, [reject], _ = taken(event(tags=(RSIT, MIRAI), Object=[gone]), INFECTED)
    assert (rows, reject["column"]) == ([], "state")


def test_records_come_in_the_order_in_which_they_lie(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document_frames, "_SLICE_RECORDS", 1)
    one = {"Attribute": [attribute("ip-src", "no address"), 7]}
    first = {"Object": [one, 7, one], "Attribute": [attribute("ip-src", "no address"), None]}
    misp = [{"Event": first | {"info": "x", "Tag": [{"name": RSIT}, {"name": MIRAI}]}}, 7]
    stix_ = bundle(*CONTEXT[:3], SEEN, 7, SEEN | {"id": "observed-data--2"}, None)
    for document, layout, number in ((misp, INFECTED, 8), (stix_, TRAFFIC, 4)):
        _, rejects, _ = taken(document, layout)
        offsets = [reject["byte_offset"] for reject in rejects]
        assert (len(offsets), offsets) == (number, sorted(offsets)), layout.feed


def test_names_that_differ_are_not_chosen_from() -> None:
    given = event(attribute("ip-src", "14.160.0.1"), tags=(RSIT, MIRAI, 'misp-galaxy:botnet="Gafgyt"'))
    assert seen(taken(given, INFECTED)[0]) == [("Mirai; Gafgyt", "0ea00001")]


def test_what_is_no_event_is_set_aside_and_a_file_without_any_refused() -> None:
    given = event(attribute("ip-src", "14.160.0.1"), 7, tags=(RSIT, MIRAI), Object=[None])
    rows, rejects, _ = taken([given, 7, {"Feed": {}}], INFECTED)
    assert len(rows) == 1
    assert [reject["reason"] for reject in rejects] == ["bad_json"] * 4
    with pytest.raises(FeedError, match="no event of MISP"):
        taken({"5f3c": {"date": "2026-11-01"}}, INFECTED)
    assert taken([], INFECTED) == ([], [], 0)


def test_a_layout_of_linked_objects_names_neither_path_nor_each() -> None:
    content = b"""
    feed = "w"
    title = { vi = "w", en = "w" }
    framing = { syntax = "stix", each = "objects" }
    """
    with pytest.raises(FeedError, match="is known"):
        read_layouts(content, where="w.toml")


V4 = {
    "xarf_version": "4.0.0",
    "report_id": "r1",
    "timestamp": "2026-11-01T07:30:00+07:00",
    "source_identifier": "14.160.0.1",
    "source_port": 40001,
    "category": "infrastructure",
    "type": "botnet",
    "malware_family": "mirai",
    "c2_server": "cc.example",
}


def test_only_bots_of_x_arf_are_infected_machines() -> None:
    attack = V4 | {"category": "connection", "type": "login_attack"}
    rows, [other, named], _ = taken([V4, attack, V4 | {"source_identifier": "bot.example"}], LAYOUTS["xarf", "v4"])
    assert (seen(rows), rows[0]["port"]) == ([("mirai", "0ea00001")], 40001)
    assert (other["reason"], named["reason"]) == ("other_kind", "bad_ip")


def test_an_infected_host_of_x_arf_has_malware_with_a_name() -> None:
    host = V4 | {"category": "connection", "type": "infected_host"}
    rows, rejects, _ = taken([host, host | {"malware_family": ""}, V4], LAYOUTS["xarf", "v4-infected"])
    assert seen(rows) == [("mirai", "0ea00001")]
    assert [reject["column"] for reject in rejects] == ["malware_family", "category"]


V3 = {"ReportClass": "Content", "ReportType": "Botnet", "Date": "2026-11-01T00:30:00Z", "SourceIp": "14.160.0.1"}
OTHER_V3 = {
    "ReportClass": "System",
    "ReportType": "botnet",
    "Date": "2026-11-01T00:30:00Z",
    "Source": {"IP": "14.160.0.1", "Type": "ip"},
    "AdditionalInfo": {"MalwareFamily": "Mirai", "C2Server": "cc.example"},
}


@pytest.mark.parametrize(
    ("report", "malware"),
    [
        (V3, ""),
        (V3 | {"ReportClass": "Activity", "MalwareName": "mirai"}, "mirai"),
        (V3 | {"BotnetName": "Mirai", "SourcePort": 40001, "ASN": 45899}, "Mirai"),
        (V3 | {"ReportType": "Bot", "BotName": "Mirai"}, "Mirai"),
        (OTHER_V3, "Mirai"),
    ],
)
@pytest.mark.parametrize("version", [{}, {"Version": "alpha"}, {"Version": "3.0.0"}])
def test_bots_of_older_x_arf_are_read(report: Json, malware: str, version: Json) -> None:
    rows, _, _ = taken({"ReporterInfo": {"ReporterOrg": "x"}, "Report": report} | version, LAYOUTS["xarf", "v3"])
    assert seen(rows) == [(malware, "0ea00001")]


@pytest.mark.parametrize(
    ("document", "reason", "column"),
    [
        ({"Report": V3}, "other_kind", "ReporterInfo"),
        ({"ReporterInfo": {}}, "other_kind", "Report.ReportClass"),
        ({"ReporterInfo": {}, "Report": V3 | {"ReportType": "Spam"}}, "other_kind", "Report.ReportType"),
        ({"ReporterInfo": {}, "Report": V3 | {"ReportType": "PortScan"}}, "other_kind", "Report.ReportType"),
        ({"ReporterInfo": {}, "Report": V3 | {"SourceUrl": "http://x.example"}}, "other_kind", "Report.SourceUrl"),
        ({"ReporterInfo": {}, "Report": V3 | {"SourceIp": "1.2.3.456"}}, "bad_ip", "Report.SourceIp"),
        ({"ReporterInfo": {}, "Report": V3 | {"SourceIp": ""}}, "empty_ip", "Report.SourceIp"),
        ({"ReporterInfo": {}, "Report": V3 | {"Date": "yesterday"}}, "bad_timestamp", "Report.Date"),
        ({"ReporterInfo": {}, "Report": V3 | {"SourcePort": 70000}}, "bad_port", "Report.SourcePort"),
    ],
)
def test_what_is_no_bot_or_no_report_of_x_arf_is_set_aside(document: Json, reason: str, column: str) -> None:
    rows, [reject], _ = taken(document, LAYOUTS["xarf", "v3"])
    assert (rows, reject["reason"], reject["column"], reject["byte_offset"]) == ([], reason, column, 0)


def test_spamhaus_and_team_cymru_are_read_without_a_header() -> None:
    bots = b"; Bots\n; ip, asn\n14.160.0.1, AS45899, VN, 1761957000, andromeda, cc.example, 8.8.4.4, 80, 49260, TCP\n"
    [row], _, blank = taken(bots, LAYOUTS["spamhaus", "bots"])
    assert (seen([row]), row["port"], row["claimed_asn"], blank) == ([(" andromeda", "0ea00001")], 49260, 45899, 2)
    lines = b"# x\nconficker|14.160.0.1|45899|2026-11-01 00:30:00||VNPT\nspam|14.160.0.2|1|2026-11-01 00:30:00||x\n"
    [row], [reject], _ = taken(lines, LAYOUTS["cymru", "bots"])
    assert (seen([row]), row["claimed_asn"]) == ([("conficker", "0ea00001")], 45899)
    assert (reject["reason"], reject["excerpt"]) == ("other_kind", "spam")


AZURE = {
    "DataFeed": "CTIP-Infected",
    "SourcedFrom": "SinkHoleMessage",
    "DateTimeReceivedUtc": 134379918000000001,
    "ThreatCode": "B67-SS-MIRAI",
    "ThreatConfidence": "High",
    "SourceIp": "14.160.0.1",
    "SourcePort": 40001,
    "DestinationIp": "8.8.4.4",
    "DestinationPort": 443,
    "SourceIpInfo": {"SourceIpAsnNumber": "45899", "SourceIpCountryCode": "VN"},
    "HttpInfo": {"HttpHost": "cc.example"},
}
INTERFLOW = {
    "version": 1.5,
    "indicatorthreattype": "Botnet",
    "externalid": "B67-SS-MIRAI",
    "firstreporteddatetime": "2026-11-01T07:30:00.25",
    "networksourceipv4": "14.160.0.1",
    "networksourceport": "40001",
    "networkdestinationipv4": "8.8.4.4, 8.8.4.4",
    "networksourceasn": "0",
}


def test_microsofts_feed_is_read_in_both_of_its_forms() -> None:
    control = AZURE | {"DataFeed": "CTIP-C2", "SourceIp": ""}
    lines = b"\n".join(json.dumps(one).encode() for one in (AZURE, control))
    [row], [reject], _ = taken(lines, LAYOUTS["microsoft", "infected"])
    assert (seen([row]), row["port"], row["claimed_asn"]) == ([("B67-SS-MIRAI", "0ea00001")], 40001, 45899)
    assert row["observed_at"] == datetime(2026, 11, 1, 7, 30, tzinfo=UTC)
    assert json.loads(row["extra"])["HttpInfo.HttpHost"] == "cc.example"
    assert (reject["reason"], reject["excerpt"]) == ("other_kind", "CTIP-C2")
    assert seen(taken(lines, LAYOUTS["microsoft", "c2"])[0]) == [("B67-SS-MIRAI", "08080404")]
    assert LAYOUTS["microsoft", "c2"].subject is Subject.CONTROL
    others = [INTERFLOW | {"indicatorthreattype": "C2"}, INTERFLOW | {"networkdestinationipv4": "8.8.4.4, 8.8.8.8"}]
    [row], rejects, _ = taken([INTERFLOW, *others], LAYOUTS["microsoft", "interflow"])
    assert (seen([row]), row["observed_at"].microsecond) == ([("B67-SS-MIRAI", "0ea00001")], 250_000)
    assert (row["destination_address"].hex[-8:], row["claimed_asn"]) == ("08080404", None), "AS 0 is nobody's"
    assert [one["reason"] for one in rejects] == ["other_kind", "bad_destination_ip"]
