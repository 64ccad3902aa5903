"""Requests to an object store are signed as others sign them, and nothing that one answers is believed unseen."""

import os
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.lake.test_lake_ingest import NOW

from quetsach.core.errors import QuetsachError
from quetsach.lake import LakeError, object_store
from quetsach.lake.changes import Change
from quetsach.lake.compacted import Compacted
from quetsach.lake.delivery import Delivery
from quetsach.lake.entries import Entry, Held, parse_entry
from quetsach.lake.fetching import keep_small
from quetsach.lake.object_store import ObjectStore
from quetsach.lake.place import Keys, Place, StoreError, read_keys

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)


@given(name=NAMES, query=st.dictionaries(NAMES.filter(bool), NAMES, max_size=3), session=st.sampled_from(("", "token")))
def test_a_signature_is_what_another_signer_makes(name: str, query: Mapping[str, str], session: str) -> None:
    store = ObjectStore(Place("https://s3.example:9000", "bucket", "a b/", "vn-1"))
    store._keys = Keys("access", "secret/+", session)
    path, encoded = store.path_of(name), object_store.query_of(query)
    made = store.signed("GET", path, encoded, "ab" * 32, {"if-none-match": "*"})
    request = AWSRequest("GET", f"https://s3.example:9000{path}" + (f"?{encoded}" if encoded else ""))
    request.headers["if-none-match"] = "*"
    request.headers["X-Amz-Content-SHA256"] = "ab" * 32
    other = S3SigV4Auth(Credentials("access", "secret/+", session or None), "s3", "vn-1")
    request.context["timestamp"] = made["x-amz-date"]
    request.headers["X-Amz-Date"] = made["x-amz-date"]
    if session:
        request.headers["X-Amz-Security-Token"] = session
    text = other.string_to_sign(request, other.canonical_request(request))
    assert made["authorization"].endswith(f"Signature={other.signature(text, request)}")


def _listing(*objects: str, more: str = "") -> bytes:
    found = "".join(
        f"<Contents><Key>{name}</Key><Size>1</Size><LastModified>2020-06-16T00:00:00.000Z</LastModified></Contents>"
        for name in objects
    )
    return f"<ListBucketResult>{found}{more}</ListBucketResult>".encode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<a>",
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        _listing("a").replace(b"<Size>1", b"<Size>x"),
        _listing("a").replace(b"2020", b"20"),
        _listing("a").replace(b"<Key>a</Key>", b""),
    ],
)
def test_what_is_no_listing_is_told(content: bytes) -> None:
    with pytest.raises(StoreError, match="no listing of objects"):
        object_store.read_listing(content, "here")


def test_a_listing_says_names_sizes_and_times() -> None:
    listing = object_store.read_listing(
        _listing("a&amp;b", more="<NextContinuationToken>n</NextContinuationToken>"), ""
    )
    ((name, size, _),) = [(one.name, one.size_bytes, one.written_at) for one in listing.objects]
    assert (name, size, listing.further) == ("a&b", 1, "n")


def test_a_store_elsewhere_needs_tls() -> None:
    with pytest.raises(LakeError, match="https:// only"):
        ObjectStore(Place("http://10.0.0.9:9000", "bucket"))
    ObjectStore(Place("http://127.0.0.1:9000", "bucket"))


def test_keys_are_of_a_file_or_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(LakeError, match="nothing says with which key"):
        read_keys(Place("https://a", "bucket"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "k")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    assert read_keys(Place("https://a", "bucket")) == Keys("k", "s")
    place = Place("https://a", "bucket", credentials=tmp_path / "keys")
    with pytest.raises(LakeError, match="there is no file"):
        read_keys(place)
    place.credentials.write_text('access_key = "file"\nsecret_key = "of the file"\n')  # type: ignore[union-attr]
    assert read_keys(place) == Keys("file", "of the file")
    place.credentials.write_text('access_key = "file"\nsecret = "of the file"\n')  # type: ignore[union-attr]
    with pytest.raises(QuetsachError, match="secret_key"):
        read_keys(place)


SHA = "0" * 64
DELIVERY = Delivery(SHA, "f", "r", "f.csv", 9, NOW, 1, 1, 0, 0, 0, 0, {NOW.date(): 1})
HELD = Held(DELIVERY.sightings_path(NOW.date()), "a" * 32, 5, SHA)
CHANGE = Change(
    ("f", "r"),
    records=(DELIVERY,),
    moved=(Compacted(NOW.date(), "f", "r", (DELIVERY.id,)),),
    forget=NOW.date(),
    making="3",
    gone=(HELD.path,),
)


@pytest.mark.parametrize("report", [None, ("f", "r")])
def test_an_entry_is_read_as_it_was_written(report: tuple[str, str] | None) -> None:
    entry = Entry(7, HELD.token, SHA, (HELD,), replace(CHANGE, report=report))
    assert parse_entry(7, entry.content) == entry


@pytest.mark.parametrize(
    "path",
    [
        "../../etc/passwd",
        "/etc/passwd",
        "landed/aa/../../x",
        "landed/aa/..",
        "sightings/day=2020-06-16/.x",
        "deliveries/x.json",
        "access.jsonl",
        "sightings/day=2020-06-16/a\x00b",
        "quarantine/a/b",
    ],
)
def test_an_entry_names_no_file_but_those_of_a_lake(path: str) -> None:
    for held, gone in (((Held(path, HELD.token, 5, SHA),), ()), ((), (path,))):
        with pytest.raises(LakeError, match="not an entry of the journal"):
            parse_entry(1, Entry(1, HELD.token, "", held, Change(None, gone=gone)).content)


def test_the_folder_of_a_worker_keeps_what_was_read_last(tmp_path: Path) -> None:
    (tmp_path / "day=1").mkdir()
    for n in range(5):
        path = tmp_path / "day=1" / f"{n}.parquet"
        path.write_bytes(b"x" * 10)
        ago = time.time() - (100_000 if n == 4 else 100 - n)
        os.utime(path, (ago, ago))
    keep_small(tmp_path, 25)
    assert sorted(path.name for path in tmp_path.glob("*/*")) == ["2.parquet", "3.parquet"]
    keep_small(tmp_path, 25)
    assert len([*tmp_path.glob("*/*")]) == 2
