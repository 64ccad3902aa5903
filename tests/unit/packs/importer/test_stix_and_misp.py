"""Bundles of STIX and events of MISP: what alone is a sign, and why the rest is not."""

from datetime import UTC, datetime
from typing import Any

import pytest

from quetsach.packs import PackError
from quetsach.packs.importer.indicator import Found, FoundRule, Listed, Reason, Refused, read_json
from quetsach.packs.importer.misp import events_of, read_events
from quetsach.packs.importer.stix import read_bundle

NOW = datetime(2026, 11, 25, tzinfo=UTC)
MD5, SHA1, SHA256 = "0" * 31 + "a", "0" * 39 + "b", "0" * 63 + "c"


def _bundle(**indicator: Any) -> list[Found]:
    entry = {"type": "indicator", "id": "indicator--1", "name": "n", "pattern_type": "stix", **indicator}
    return list(read_bundle({"type": "bundle", "objects": [{"type": "malware"}, entry]}, "b.json", NOW))


def _entries(found: list[Found]) -> list[str]:
    assert all(isinstance(one, Listed) for one in found), found
    return [one.entry for one in found if isinstance(one, Listed)]


def _reason(found: list[Found]) -> Reason:
    [refused] = found
    assert isinstance(refused, Refused), refused
    assert refused.where == "b.json: object 2 (indicator--1)"
    return refused.reason


@pytest.mark.parametrize(
    ("pattern", "entries"),
    [
        (f"[file:hashes.'SHA-256' = '{SHA256}']", [f"*:{SHA256}"]),
        (f"[file:hashes.MD5 = '{MD5.upper()}']", [f"*:{MD5}"]),
        (f'[file:hashes."SHA-1" = \'{SHA1}\']', [f"*:{SHA1}"]),
        (f"[file:hashes.MD5 = '{MD5}' AND file:size = 4711]", [f"4711:{MD5}"]),
        (f"[file:name = 'a' AND file:hashes.MD5 = '{MD5}' AND file:hashes.SHA256 = '{SHA256}']", [f"*:{SHA256}"]),
        ("[ipv4-addr:value = '192.0.2.1/32']", ["192.0.2.1"]),
        ("[ipv4-addr:value ISSUBSET '192.0.2.0/24']", ["192.0.2.0/24"]),
        ("[ipv6-addr:value = '2001:DB8::1']", ["2001:db8::1"]),
        ("[network-traffic:dst_ref.value = '192.0.2.1']", ["192.0.2.1"]),
        ("[domain-name:value IN ('a.example.test', 'b.example.test')]", ["a.example.test", "b.example.test"]),
        ("[domain-name:value = 'a.example.test' OR url:value = 'http://b.example.test/x']",
         ["a.example.test", "http://b.example.test/x"]),
        ("([file:name = 'a.exe'] OR [(file:name = 'it\\'s.exe')])", ["a.exe", "it's.exe"]),
    ],
)  # fmt: skip
def test_a_pattern_gives_what_alone_is_a_sign(pattern: str, entries: list[str]) -> None:
    assert _entries(_bundle(pattern=pattern)) == entries


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("[file:name = 'a'] AND [file:name = 'b']", Reason.NOT_MAPPABLE),
        ("[file:name = 'a'] FOLLOWEDBY [file:name = 'b']", Reason.NOT_MAPPABLE),
        ("[file:name = 'a'] REPEATS 5 TIMES", Reason.NOT_MAPPABLE),
        ("[file:name != 'a']", Reason.NOT_MAPPABLE),
        ("[file:name NOT = 'a']", Reason.NOT_MAPPABLE),
        ("[file:name MATCHES 'a.*']", Reason.NOT_MAPPABLE),
        ("[file:name = 'a' AND domain-name:value = 'b.example.test']", Reason.NOT_MAPPABLE),
        (f"[file:hashes.MD5 = '{MD5}' AND file:size > 5]", Reason.NOT_MAPPABLE),
        ("[file:hashes.SSDEEP = '3:a:b']", Reason.NOT_MAPPABLE),
        ("[process:command_line = 'x']", Reason.NOT_MAPPABLE),
        (f"[file:hashes.'SHA-256' = '{MD5}']", Reason.MALFORMED),
        ("[domain-name:value = 'not a domain']", Reason.MALFORMED),
        ("[file:name = 'a'", Reason.NOT_MAPPABLE),
        ("", Reason.NOT_MAPPABLE),
        ("(" * 5_000, Reason.NOT_MAPPABLE),
        ("[" + "(" * 5_000, Reason.NOT_MAPPABLE),
        ("[" + " AND ".join(["(file:name = 'a' OR file:name = 'b')"] * 20) + "]", Reason.NOT_MAPPABLE),
    ],
)
def test_what_is_no_sign_by_itself_is_named(pattern: str, reason: Reason) -> None:
    assert _reason(_bundle(pattern=pattern)) is reason


def test_a_withdrawn_or_old_indicator_is_left_out() -> None:
    pattern = "[file:name = 'a.exe']"
    assert _reason(_bundle(pattern=pattern, revoked=True)) is Reason.NO_LONGER_VALID
    assert _reason(_bundle(pattern=pattern, valid_until="2026-11-24T23:59:59Z")) is Reason.NO_LONGER_VALID
    assert _entries(_bundle(pattern=pattern, valid_until="2026-11-25T00:00:01Z")) == ["a.exe"]
    assert _entries(_bundle(pattern=pattern, valid_until="some day")) == ["a.exe"]


def test_a_rule_in_a_bundle_is_a_rule() -> None:
    [found] = _bundle(pattern='rule a { strings: $a = "some mark" condition: $a }', pattern_type="yara")
    assert isinstance(found, FoundRule)
    assert _reason(_bundle(pattern="alert tcp", pattern_type="snort")) is Reason.NOT_MAPPABLE


def _event(*attributes: dict[str, Any], **event: Any) -> list[Found]:
    value = {"response": [{"Event": {"info": "Case", "Attribute": list(attributes), **event}}]}
    return list(read_events(events_of(value), "m.json"))


def _attribute(kind: str, value: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "value": value, "to_ids": True, "uuid": "u", **more}


@pytest.mark.parametrize(
    ("kind", "value", "entries"),
    [
        ("md5", MD5, [f"*:{MD5}"]),
        ("filename|sha256", f"a.exe|{SHA256}", [f"*:{SHA256}"]),
        ("ip-dst", "192.0.2.1", ["192.0.2.1"]),
        ("ip-dst|port", "192.0.2.1|80", ["192.0.2.1"]),
        ("domain|ip", "a.example.test|192.0.2.1", ["a.example.test", "192.0.2.1"]),
        ("hostname", "A.example.test", ["a.example.test"]),
        ("url", "hxxp://a.example.test/x", ["http://a.example.test/x"]),
        ("filename", "A.exe", ["a.exe"]),
    ],
)
def test_an_attribute_gives_its_entry(kind: str, value: str, entries: list[str]) -> None:
    found = _event(_attribute(kind, value))
    assert _entries(found) == entries
    assert {one.label for one in found if isinstance(one, Listed)} == {"Case"}


@pytest.mark.parametrize(
    ("attribute", "reason"),
    [
        (_attribute("md5", MD5, to_ids=False), Reason.NOT_FOR_DETECTION),
        ({"type": "md5", "value": MD5, "uuid": "u"}, Reason.NOT_FOR_DETECTION),
        (_attribute("md5", MD5, deleted=True), Reason.NO_LONGER_VALID),
        (_attribute("mutex", "m"), Reason.NOT_MAPPABLE),
        (_attribute("sha256", MD5), Reason.MALFORMED),
        (_attribute("domain", "nothing"), Reason.MALFORMED),
    ],
)
def test_what_is_not_meant_for_detection_is_left_out(attribute: dict[str, Any], reason: Reason) -> None:
    [refused] = _event(attribute)
    assert isinstance(refused, Refused)
    assert (refused.reason, refused.where) == (reason, "m.json: attribute u")


def test_of_a_file_object_the_strongest_hash_is_taken_with_its_size() -> None:
    attributes = [_attribute("md5", MD5), _attribute("sha256", SHA256), _attribute("filename", "a.exe")]
    size = _attribute("size-in-bytes", "4711", to_ids=False)
    found = _event(Object=[{"name": "file", "Attribute": [*attributes, size]}])
    assert _entries(found) == [f"4711:{SHA256}", "a.exe"]


@pytest.mark.parametrize(
    "value",
    [
        {"response": {"Attribute": [_attribute("md5", MD5, Event={"info": "Case"})]}},
        {"response": [{"Attribute": _attribute("md5", MD5, Event={"info": "Case"})}]},
        {"Attribute": [_attribute("md5", MD5, comment="Case")]},
        {"response": [{"Object": {"name": "file", "Attribute": [_attribute("md5", MD5, comment="Case")]}}]},
    ],
)
def test_the_answer_of_a_search_for_attributes_or_objects_is_read(value: dict[str, Any]) -> None:
    found = list(read_events(events_of(value), "m.json"))
    assert _entries(found) == [f"*:{MD5}"]


@pytest.mark.parametrize(
    "value", [{}, [], 7, {"response": {}}, {"response": {"Attribute": {}}}, {"5c8a": {"info": "x"}}]
)
def test_other_json_has_no_events(value: object) -> None:
    assert events_of(value) == []


@pytest.mark.parametrize("content", [b"{", b"[" * 200_000, b"\xff", b'{"a": 1' + b"0" * 9_000 + b"]"])
def test_what_is_no_json_is_refused(content: bytes) -> None:
    with pytest.raises(PackError) as caught:
        read_json(content, "x.json")
    assert caught.value.where == "x.json"
