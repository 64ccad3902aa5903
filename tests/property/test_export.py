"""What is handed on is read back by our own layouts as the same sightings, as far as the form has a place for them."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quetsach.core.address import Address
from quetsach.core.family import FamilyNames
from quetsach.core.sighting import SECTORS
from quetsach.core.table import guarded
from quetsach.feeds import reader
from quetsach.feeds.export import COLUMNS, EMPTY, NUMBERS, HandedOn, Writing
from quetsach.feeds.export_documents import COMPOSED
from quetsach.feeds.export_forms import FORMS, Form, Sender
from quetsach.feeds.layout_files import bundled_layouts
from quetsach.feeds.table import SIGHTINGS
from quetsach.feeds.tlp import Tlp

FAMILIES = FamilyNames.of([], version="0")
NOW = datetime(2100, 1, 1, tzinfo=UTC)
SENDER = Sender("Trung tâm “A”", "reports@centre.example")
NAMES = {"shadowserver": ("dst_hostname", "event_id"), "plain": ("destination_hostname", "event_id")}

addresses = st.one_of(
    st.integers(14 << 24, (15 << 24) - 1).map(lambda number: Address((0xFFFF << 32) | number)),
    st.integers(0x2405 << 112, (0x2406 << 112) - 1).map(Address),
)
texts = st.one_of(
    st.sampled_from(["", "mirai", "B54-Base", '=cmd|"x"', "'a", "a,b", "dòng\nmới", "x" * 201, "tab\there", "-1"]),
    st.text(max_size=12),
)
domains = st.sampled_from(["", "c2.example.com", "C2.Example.COM.", "not a name", "14.160.0.1", "xn--a.vn"])
moments = st.datetimes(datetime(2001, 1, 1), datetime(2099, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001
ports = st.one_of(st.none(), st.integers(0, 65535))


@st.composite
def sightings(draw: st.DrawFn) -> dict[str, Any]:
    """Return a sighting as the lake keeps it, whatever it is valid to hold."""
    feed, report = draw(st.sampled_from([("shadowserver", "event4_sinkhole"), ("plain", "honeypot-hn")]))
    destination, event = NAMES[feed]
    cells = {destination: draw(domains), event: draw(texts), "note": "tlp"}
    cells |= draw(st.sampled_from([{}, {"tlp": "GREEN"}, {"tlp": "TLP:AMBER+STRICT"}]))
    address = draw(addresses)
    other = draw(st.one_of(st.none(), addresses))
    return {
        "sighting_id": UUID(int=draw(st.integers(0, (1 << 128) - 1))),
        "observed_at": draw(st.one_of(moments, moments.map(lambda at: at.replace(microsecond=0)))),
        "address": address.key,
        "ip_version": address.version,
        "port": draw(ports),
        "transport": draw(st.sampled_from(["", "tcp", "udp", "icmp", "quic?"])),
        "family": "mirai",
        "malware": draw(texts),
        "feed": feed,
        "report": report,
        "destination_address": other and other.key,
        "destination_port": draw(ports),
        "hostname": draw(domains),
        "claimed_asn": draw(st.one_of(st.none(), st.integers(1, 0xFFFF_FFFF))),
        "claimed_country": draw(st.sampled_from(["", "VN", "vn", "Viet Nam"])),
        "claimed_region": draw(texts),
        "claimed_city": draw(texts),
        "severity": draw(st.sampled_from(["", "high", "low"])),
        "bot_id": draw(st.sampled_from(["", "A1-b2", "=1+1"])),
        "sector": draw(st.sampled_from(list(SECTORS))),
        "extra": json.dumps({name: cell for name, cell in cells.items() if cell}, ensure_ascii=False),
        "asn": 45899,
        "isp": "vnpt",
        "province": "01",
        "province_source": "feed",
        "network_version": "1",
    }


def written(form: Form, rows: list[dict[str, Any]], *, tlp: Tlp = Tlp.AMBER) -> tuple[bytes, HandedOn]:
    done = HandedOn()
    writing = Writing(form, bundled_layouts(), tlp, SENDER, COMPOSED.get(form.name))
    batches = [pa.Table.from_pylist(rows[n : n + 3], schema=EMPTY.schema) for n in range(0, len(rows), 3)]
    return b"".join(bytes(piece) for one in writing.documents(batches, done) for piece in one), done


def read_back(form: Form, content: bytes) -> tuple[list[dict[str, Any]], set[str]]:
    batches = list(reader.read([content], form.layout, FAMILIES, now=NOW))
    table = pa.concat_tables([SIGHTINGS.empty_table(), *[batch.sightings for batch in batches]])
    reasons = {reason for batch in batches for reason in batch.rejects.column("reason").to_pylist()}
    return table.to_pylist(), reasons


def expected(form: Form, row: dict[str, Any]) -> dict[str, Any]:
    """Return what of a sighting has to come back: each field that the form carries, as it has to be there."""
    cells = json.loads(row["extra"])
    destination, event = NAMES[row["feed"]]
    told = row | {"destination_hostname": cells.get(destination, ""), "event_id": cells.get(event, "")}
    found: dict[str, Any] = {}
    for name in form.carried():
        value = told[name]
        if name in form.fits and name != "observed_at":
            fit, _ = form.fits[name]
            text = "" if value is None else str(value)
            text = fit(pa.array([text], pa.string())).to_pylist()[0]
            value = (int(text) if text else None) if name in NUMBERS else text
        if form.name == "csv" and isinstance(value, str):
            value = guarded(value)
        found[name] = value
    return found


def come_back(form: Form, row: dict[str, Any]) -> dict[str, Any]:
    cells = json.loads(row["extra"])
    destination, event = form.layout.identifying
    told = row | {"destination_hostname": cells.get(destination, ""), "event_id": cells.get(event, "")}
    return {name: told[name] for name in form.carried()}


def in_order(rows: list[dict[str, Any]]) -> list[str]:
    """Return rows as texts that can be compared, whatever their order."""
    return sorted(repr(sorted((row | {"observed_at": row["observed_at"].timestamp()}).items())) for row in rows)


@pytest.mark.parametrize("form", FORMS.values(), ids=list(FORMS))
@settings(max_examples=30)
@given(rows=st.lists(sightings(), max_size=7, unique_by=lambda row: row["sighting_id"]))
def test_what_is_handed_on_is_read_back_as_the_same(form: Form, rows: list[dict[str, Any]]) -> None:
    content, done = written(form, rows)
    found, reasons = read_back(form, content)
    assert in_order([come_back(form, row) for row in found]) == in_order([expected(form, row) for row in rows])
    assert (done.sightings, done.withheld) == (len(rows), 0)
    assert reasons <= ({"other_kind"} if form.name == "misp" else set())


@settings(max_examples=15)
@given(rows=st.lists(sightings(), min_size=1, max_size=7, unique_by=lambda row: row["sighting_id"]))
def test_a_bundle_refers_to_what_is_in_it_under_identifiers_that_stay(rows: list[dict[str, Any]]) -> None:
    """STIX 2.1: types and identifiers (2.9), required properties, references, markings."""
    first, _ = written(FORMS["stix"], rows)
    bundle = json.loads(first)
    assert written(FORMS["stix"], rows)[0] == first
    objects = {one["id"]: one for one in bundle["objects"]}
    assert len(objects) == len(bundle["objects"])
    for one in bundle["objects"]:
        kind, _, number = one["id"].partition("--")
        assert (one["type"], one["spec_version"]) == (kind, "2.1")
        assert kind == "marking-definition" or UUID(number).version == 5
        assert not NEEDED[kind] - one.keys()
        for name, value in one.items():
            for reference in [value] if name.endswith("_ref") else value if name.endswith("_refs") else []:
                assert reference in objects
        assert all(re.fullmatch(r"\S{19}[.][0-9]{3}Z", one[name]) for name in {"created", "modified"} & one.keys())
    sighted = [one for one in bundle["objects"] if one["type"] == "sighting"]
    assert len(sighted) == len(rows)


COMMON = {"created", "modified"}
NEEDED = {
    "identity": COMMON | {"name"},
    "malware": COMMON | {"is_family"},
    "observed-data": COMMON
    | {"first_observed", "last_observed", "number_observed", "object_refs", "object_marking_refs"},
    "sighting": COMMON | {"sighting_of_ref", "object_marking_refs"},
    "ipv4-addr": {"value", "object_marking_refs"},
    "ipv6-addr": {"value", "object_marking_refs"},
    "domain-name": {"value", "object_marking_refs"},
    "network-traffic": {"protocols", "src_ref", "object_marking_refs"},
    "marking-definition": {"created", "extensions"},
}


def a_sighting(number: int, **told: Any) -> dict[str, Any]:
    """Return a sighting like others."""
    extra = {"dst_hostname": "c2.example.com", "event_id": str(number)} | told.pop("extra", {})
    return {
        **dict.fromkeys(("transport", "hostname", "claimed_region", "claimed_city", "severity", "bot_id"), ""),
        "sighting_id": UUID(int=number),
        "observed_at": datetime(2020, 6, 16, 7, 30, tzinfo=UTC),
        "family": "mirai",
        "address": Address.parse("14.160.0.1").key,
        "ip_version": 4,
        "port": 1024 + number,
        "malware": "mirai",
        "feed": "shadowserver",
        "report": "event4_sinkhole",
        "claimed_country": "VN",
        "sector": "unknown",
        "isp": "vnpt",
        "province": "01",
        "province_source": "feed",
        "network_version": "1",
        "extra": json.dumps(extra),
        **told,
    }


def test_the_identifiers_of_observables_are_those_of_the_specification() -> None:
    """STIX 2.1, 2.9: the identifier of an address follows from its value alone, as other programs make it."""
    content, _ = written(FORMS["stix"], [a_sighting(1, address=Address.parse("198.51.100.3").key)])
    assert "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4" in content.decode()


@pytest.mark.parametrize("name", FORMS)
def test_a_mark_travels_and_what_is_for_named_people_alone_stays(name: str) -> None:
    rows = [
        a_sighting(1),
        a_sighting(2, extra={"tags": {"tlp:amber+strict": "yes"}}),
        a_sighting(3, extra={"extra.tlp": "TLP:RED"}),
        a_sighting(4, extra={"tlp": "WHITE"}),
    ]
    rows += [
        a_sighting(5, feed="n6", report="events", extra={"restriction": "internal"}),
        a_sighting(6, feed="n6", report="events", extra={"restriction": "need-to-know"}),
    ]
    content, done = written(FORMS[name], rows, tlp=Tlp.GREEN)
    assert (done.sightings, done.withheld) == (4, 2)
    text = content.decode()
    assert "amber+strict" in text
    assert "green" in text
    assert re.search(r"amber(?![+]strict)", text), "by the mark of n6"
    assert str(UUID(int=3)) not in text
    assert str(UUID(int=5)) not in text
    assert ":1027" not in text.replace('"', "").replace(" ", "")
    whole, done = written(FORMS[name], rows, tlp=Tlp.RED)
    assert (done.sightings, done.withheld) == (6, 0)
    assert "amber" not in whole.decode().lower()


def test_events_of_intelmq_have_names_and_values_of_its_data_format() -> None:
    content, _ = written(FORMS["intelmq"], [a_sighting(1, claimed_asn=45899, destination_port=80)])
    event = json.loads(content)
    assert {name for name in event if not name.startswith("extra.")} <= {
        *("time.source", "source.ip", "source.port", "source.asn", "source.geolocation.cc", "destination.fqdn"),
        *("destination.port", "malware.name", "classification.type", "classification.taxonomy"),
        *("classification.identifier", "feed.provider", "feed.name"),
    }
    assert (event["source.port"], event["source.asn"], event["destination.port"]) == (1025, 45899, 80)
    assert (event["classification.type"], event["classification.taxonomy"]) == ("infected-system", "malicious-code")
    assert event["time.source"] == "2020-06-16T07:30:00+00:00"


def test_reports_of_x_arf_have_what_its_schema_requires() -> None:
    """``xarf-core`` and ``infrastructure-botnet``, version 4."""
    report = json.loads(written(FORMS["xarf"], [a_sighting(1)])[0])
    assert report["reporter"] == report["sender"]
    assert report["reporter"] == {"org": SENDER.name, "contact": SENDER.mail, "domain": "centre.example"}
    assert (report["category"], report["type"], report["xarf_version"]) == ("infrastructure", "botnet", "4.0.0")
    assert UUID(report["report_id"]).version == 4
    assert report["compromise_evidence"] == "reported by shadowserver/event4_sinkhole"
    assert report["tags"] == ["tlp:amber"]
    assert report["timestamp"] == "2020-06-16T07:30:00+00:00"


@pytest.mark.parametrize("name", ["stix", "misp"])
def test_documents_hold_no_more_than_can_be_read_again(name: str) -> None:
    form = FORMS[name]
    rows = [a_sighting(number) for number in range(5)]
    small = Writing(replace(form, most=2), bundled_layouts(), Tlp.AMBER, SENDER, COMPOSED[name])
    done = HandedOn()
    batches = [pa.Table.from_pylist(rows[n : n + 3], schema=EMPTY.schema) for n in (0, 3)]
    documents = [b"".join(bytes(piece) for piece in one) for one in small.documents(batches, done)]
    assert (len(documents), done.documents, done.sightings) == (3, 3, 5)
    assert [len(read_back(form, one)[0]) for one in documents] == [2, 2, 1]


def test_the_reference_says_what_each_form_carries() -> None:
    text = (Path(__file__).parents[2] / "docs" / "reference" / "export-formats.md").read_text()
    for field in [name for name in (*COLUMNS, "destination_hostname", "event_id") if name != "extra"]:
        if not any(field in form.carried() for form in FORMS.values()):
            continue
        cells = [form.fits[field][1] if field in form.fits else "yes" for form in FORMS.values()]
        told = [cell if field in form.carried() else "" for cell, form in zip(cells, FORMS.values(), strict=True)]
        assert f"| `{field}` | {' | '.join(told)} |" in text
