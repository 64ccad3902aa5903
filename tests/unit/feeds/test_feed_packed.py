"""Deliveries that come packed: what is taken out of an archive, and which archives are refused."""

import gzip
import io
import zipfile
from pathlib import Path
from unittest.mock import ANY

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quetsach.feeds import packed
from quetsach.feeds.layout import FeedError

CSV = b"timestamp,address,malware\n2020-06-16 07:00:00,14.160.0.1,mirai\n" * 40


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


def unpacked(content: bytes) -> dict[str, bytes]:
    """Read every member to its end, in pieces of odd sizes."""
    found = {}
    for member in packed.members(io.BytesIO(content)):
        with member.open() as stream:
            found[member.name] = b"".join(iter(lambda: stream.read(777), b""))
        assert len(found[member.name]) == member.size_bytes
    return found


def refused(content: bytes) -> str:
    with pytest.raises(FeedError) as caught:
        unpacked(content)
    assert caught.value.hint
    return str(caught.value)


def test_gzip_holds_one_file() -> None:
    assert unpacked(gzip.compress(CSV)) == {"": CSV}


def test_gzip_in_several_pieces_is_one_file() -> None:
    assert unpacked(gzip.compress(CSV) + gzip.compress(CSV)) == {"": 2 * CSV}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_zip_holds_one_file_or_many(method: int) -> None:
    content = zipped({"a.csv": CSV, "2020/06/b.CSV": CSV + CSV}, method)
    assert unpacked(content) == {"a.csv": CSV, "b.CSV": CSV + CSV}


def test_folders_of_an_archive_are_passed_over() -> None:
    assert unpacked(zipped({"x/": b"", "x/a.csv": CSV})) == {"a.csv": CSV}


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("whole", [gzip.compress(CSV), zipped({"a.csv": CSV})], ids=["gzip", "zip"])
def test_what_was_cut_off_is_refused(whole: bytes, share: float) -> None:
    assert "damaged or cut off" in refused(whole[: int(len(whole) * share)])


def test_a_wrong_checksum_is_refused() -> None:
    content = bytearray(zipped({"a.csv": CSV}, zipfile.ZIP_STORED))
    content[content.index(b"mirai")] ^= 1
    assert "damaged" in refused(bytes(content))


def test_bytes_after_the_end_are_refused() -> None:
    assert "damaged" in refused(gzip.compress(CSV) + b"more")


def test_what_unpacks_to_too_much_is_refused() -> None:
    zeros = bytes(4 << 20)
    assert "unpacks to far more" in refused(gzip.compress(zeros))
    assert "unpacks to far more" in refused(zipped({"a.csv": zeros}))


def test_many_files_together_may_not_unpack_to_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "MAX_UNPACKED_BYTES", 3 * len(CSV) - 1)
    assert len(unpacked(zipped({"a.csv": CSV, "b.csv": CSV}))) == 2
    assert "unpacks to far more" in refused(zipped({f"{n}.csv": CSV for n in range(3)}))


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "has no file of data"),
        ({"a.csv": CSV, "a.exe": b"MZ"}, "a.exe, which is no file of data"),
        ({"a.zip": b"PK"}, "a.zip, which is no file of data"),
        ({"a\n.csv": CSV}, "unreadable name"),
        ({"a" * 300 + ".csv": CSV}, "unreadable name"),
        ({f"{n}.csv": b"" for n in range(packed.MAX_MEMBERS + 1)}, "lists 1,001 files"),
        ({f"{n}{'x' * 150}.csv": b"" for n in range(6000)}, "lists too many files"),
    ],
)
def test_what_no_feed_would_send_is_refused(files: dict[str, bytes], said: str) -> None:
    assert said in refused(zipped(files))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_files_of_one_name_are_refused() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for _ in range(2):
            archive.writestr("a.csv", CSV)
    assert "two files a.csv" in refused(made.getvalue())


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_unusual_packing_is_refused(method: int) -> None:
    assert "unusual" in refused(zipped({"a.csv": CSV}, method))


def test_a_name_leads_nowhere(tmp_path: Path) -> None:
    assert unpacked(zipped({"../../etc/a.csv": CSV, f"{tmp_path}/b.csv": CSV})) == {"a.csv": CSV, "b.csv": ANY}
    assert not list(tmp_path.iterdir())


def test_two_files_in_one_place_are_no_archive() -> None:
    whole = zipped({"a.csv": CSV, "b.csv": CSV[:80]})
    second = whole.rindex(b"PK\x01\x02")  # the entry of b.csv in the directory, and where it says that file lies
    with pytest.raises(FeedError, match="damaged"):
        unpacked(whole[: second + 42] + bytes(4) + whole[second + 46 :])


@settings(max_examples=300, deadline=None)
@given(st.data(), st.sampled_from([gzip.compress(CSV, mtime=0), zipped({"a.csv": CSV, "b.csv": CSV[:80]})]))
def test_damage_anywhere_is_refused_or_harmless(data: st.DataObject, whole: bytes) -> None:
    content = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        unpacked(bytes(content))
    except FeedError as error:
        assert error.hint
