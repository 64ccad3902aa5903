"""An edited copy of a hive: all edits or none, exactly what was asked for, and nothing else."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.second_reader import read_by_regipy

from quetsach.endpoint import RegistryError
from quetsach.endpoint.host.hive import Hive, hint, list_record
from quetsach.endpoint.host.hive_cells import Space
from quetsach.endpoint.host.hive_writer import edit_hive
from quetsach.endpoint.host.registry import (
    DeleteKey,
    DeleteValue,
    KeyContent,
    PutKey,
    RegistryEdit,
    RegistryValue,
    SetValue,
)
from quetsach.packs.specimen.hive import BINARY, DWORD, MULTI_SZ, SZ, Keys, build_hive, data_of, hive_checksum

NOW = 1_790_000_000
RUN = r"Microsoft\Run"
KEYS: Keys = {
    RUN: {"good": (SZ, "g"), "bad": (SZ, "b"), "Tiếng Việt": (DWORD, 5)},
    r"Svc\bad\Parameters": {"x": (BINARY, b"\0\1")},
    r"Svc\good": {"Start": (DWORD, 2)},
}


def edited(tmp_path: Path, content: bytes, *edits: RegistryEdit) -> Hive:
    (tmp_path / "source").write_bytes(content)
    source = os.open(tmp_path / "source", os.O_RDONLY)
    try:
        edit_hive(source, tmp_path / "target", edits, now=NOW)
    finally:
        os.close(source)
        assert (tmp_path / "source").read_bytes() == content
    return Hive(os.open(tmp_path / "target", os.O_RDONLY))


def whole(hive: Hive) -> KeyContent:
    return hive.content(hive.root)


def expected(keys: Keys) -> KeyContent:
    return whole(Hive(_opened(build_hive(keys))))


def refused(tmp_path: Path, content: bytes, *edits: RegistryEdit) -> RegistryError:
    with pytest.raises(RegistryError) as caught:
        edited(tmp_path, content, *edits)
    assert not (tmp_path / "target").exists()
    return caught.value


def test_a_value_is_deleted_and_its_neighbours_stay(tmp_path: Path) -> None:
    hive = edited(tmp_path, build_hive(KEYS), DeleteValue(RUN.upper(), "BAD"))
    assert whole(hive) == expected({**KEYS, RUN: {k: v for k, v in KEYS[RUN].items() if k != "bad"}})


def test_the_copy_is_clean(tmp_path: Path) -> None:
    assert edited(tmp_path, build_hive(KEYS, sequences=(9, 9)), DeleteValue(RUN, "bad")).is_clean
    header = (tmp_path / "target").read_bytes()[:12]
    assert header[4:8] == header[8:12]


def test_a_value_is_set_in_the_place_of_the_one_of_its_name(tmp_path: Path) -> None:
    value = RegistryValue("good", MULTI_SZ, data_of(MULTI_SZ, ["a", "b"]))
    hive = edited(tmp_path, build_hive(KEYS), SetValue(RUN, value))
    assert whole(hive) == expected({**KEYS, RUN: {**KEYS[RUN], "good": (MULTI_SZ, ["a", "b"])}})


def test_a_value_of_an_odd_type_and_length_is_kept(tmp_path: Path) -> None:
    value = RegistryValue("odd", 0xFFFF_1234, b"\1\2\3\4\5")
    hive = edited(tmp_path, build_hive(KEYS), SetValue(r"New\Key", value))
    assert whole(hive).subkeys["New"] == KeyContent((), {"Key": KeyContent((value,))})


def test_a_key_goes_with_all_below_it(tmp_path: Path) -> None:
    hive = edited(tmp_path, build_hive(KEYS), DeleteKey(r"Svc\bad"))
    assert whole(hive) == expected({path: values for path, values in KEYS.items() if "bad" not in path})


def test_a_whole_key_is_put_in_the_place_of_another(tmp_path: Path) -> None:
    content = KeyContent((RegistryValue("", SZ, data_of(SZ, "d")),), {"Sub": KeyContent()})
    hive = edited(tmp_path, build_hive(KEYS), PutKey(r"Svc\bad", content))
    assert whole(hive).subkeys["Svc"].subkeys["bad"] == content


def test_edits_are_done_in_their_order(tmp_path: Path) -> None:
    new = RegistryValue("bad", DWORD, b"\0\0\0\1")
    edits = (DeleteKey("Microsoft"), SetValue(RUN, new), DeleteValue(RUN, "nope"), DeleteKey(r"Svc\nope"))
    hive = edited(tmp_path, build_hive(KEYS), *edits)
    assert whole(hive).subkeys["Microsoft"] == KeyContent((), {"Run": KeyContent((new,))})


@pytest.mark.parametrize("tail", [bytes(4096), b"\xff" * 8192, b"hbin" + bytes(4092)])
def test_what_lies_behind_the_end_of_a_hive_does_no_harm(tmp_path: Path, tail: bytes) -> None:
    """Windows makes files of hives larger than what they hold."""
    hive = edited(tmp_path, build_hive(KEYS) + tail, DeleteValue(RUN, "bad"), PutKey("New\\Key", KeyContent()))
    assert whole(hive).subkeys["New"] == KeyContent((), {"Key": KeyContent()})
    assert "bad" not in {value.name for value in whole(hive).subkeys["Microsoft"].subkeys["Run"].values}


def test_a_hive_that_was_not_closed_is_refused_with_advice(tmp_path: Path) -> None:
    error = refused(tmp_path, build_hive(KEYS, sequences=(7, 3)), DeleteValue(RUN, "bad"))
    assert "shutdown /s" in error.hint


def test_a_value_whose_name_hides_behind_a_nul_can_be_deleted(tmp_path: Path) -> None:
    hive = edited(tmp_path, build_hive({RUN: {"a": (SZ, "x"), "a\0b": (SZ, "hidden")}}), DeleteValue(RUN, "a\0b"))
    assert whole(hive) == expected({RUN: {"a": (SZ, "x")}})


NEIGHBOURS: list[dict[str, tuple[int, bytes | str]]] = [
    {"a\0b": (SZ, "x")},
    {"\udc00": (SZ, "x")},
    {"big": (BINARY, bytes(range(256)) * 300)},
    {"odd": (0xFFFF_1234, b"")},
]


@pytest.mark.parametrize("neighbour", NEIGHBOURS)
def test_no_neighbour_stands_in_the_way_of_an_edit_or_is_touched(tmp_path: Path, neighbour: Any) -> None:
    content = build_hive({RUN: {"bad": (SZ, "b"), **neighbour}})
    hive = edited(tmp_path, content, DeleteValue(RUN, "bad"), SetValue(RUN, RegistryValue("new", DWORD, b"\1\0\0\0")))
    assert whole(hive) == expected({RUN: {**neighbour, "new": (DWORD, 1)}})


@pytest.mark.parametrize("neighbour", NEIGHBOURS)
def test_any_value_can_be_deleted_and_set_again(tmp_path: Path, neighbour: Any) -> None:
    (name,) = neighbour
    hive = edited(tmp_path, build_hive({RUN: {"good": (SZ, "g"), **neighbour}}), DeleteValue(RUN, name))
    assert whole(hive) == expected({RUN: {"good": (SZ, "g")}})
    type_, data = neighbour[name]
    (tmp_path / "target").rename(tmp_path / "first")
    value = RegistryValue(name, type_, data_of(type_, data))
    again = edited(tmp_path, (tmp_path / "first").read_bytes(), SetValue(RUN, value))
    assert whole(again) == expected({RUN: {"good": (SZ, "g"), **neighbour}})


def test_a_neighbour_that_is_damaged_stays_as_it_is(tmp_path: Path) -> None:
    content = build_hive({RUN: {"bad": (SZ, "b"), "broken": (SZ, "text"), "good": (SZ, "g")}})
    place = content.index(b"broken") - 20 + 8  # where its data is said to be
    content = content[:place] + (0x7FFF_FFF8).to_bytes(4, "little") + content[place + 4 :]
    hive = edited(tmp_path, content, DeleteValue(RUN, "bad"))
    key = hive.key(RUN)
    assert key is not None
    assert (key.value_count, [value.name for value in hive.values(key)]) == (2, ["good"])
    assert b"broken" in (tmp_path / "target").read_bytes()


def test_nothing_of_what_goes_is_left_in_the_file(tmp_path: Path) -> None:
    """A script kept in the registry would else be found in the hive by any scanner, and could be carved out again."""
    script = "qzk-payload " * 4000
    content = build_hive(
        {RUN: {"good": (SZ, "g"), "bad": (SZ, script)}, r"Svc\qzk": {"cmd": (SZ, "qzk.exe --payload")}}
    )
    edited(tmp_path, content, DeleteValue(RUN, "bad"), DeleteKey(r"Svc\qzk"))
    left = (tmp_path / "target").read_bytes()
    assert "payload".encode("utf-16-le") in content
    assert "payload".encode("utf-16-le") not in left
    assert b"qzk" not in left
    assert len(left) == len(content)


def test_a_hive_without_anything_to_edit_is_copied_as_it_is(tmp_path: Path) -> None:
    content = build_hive(KEYS)
    same = SetValue(RUN, RegistryValue("good", SZ, data_of(SZ, "g")))
    edited(tmp_path, content, DeleteValue(RUN, "nope"), DeleteKey(r"No\Such"), same)
    assert (tmp_path / "target").read_bytes() == content


def test_an_edited_key_has_the_time_of_the_edit_and_others_theirs(tmp_path: Path) -> None:
    content = build_hive({"b": {"y": (SZ, "z")}, "a": {"x": (SZ, "z")}})
    edited(tmp_path, content, DeleteValue("a", "x"))
    after = (tmp_path / "target").read_bytes()
    times = {data[at : at + 8] for data in (after,) for at in _times(after)}
    assert times == {_file_time(NOW), _times_of(content)}


def test_a_key_that_is_made_is_found_by_windows_too(tmp_path: Path) -> None:
    """Lists of keys are in the order of capital letters, and their hashes are over UTF-16."""
    names = ("Key_b", "Đ", "é", "Ẩn", "😀")
    hive = edited(tmp_path, build_hive({"Keya": {}, "Keyc": {}}), *(PutKey(name, KeyContent()) for name in names))
    assert hive.is_searchable(hive.root)
    assert set(whole(hive).subkeys) == {"Keya", "Keyc", *names}


def test_the_root_is_not_deleted(tmp_path: Path) -> None:
    refused(tmp_path, build_hive(KEYS), DeleteKey(""))


def test_what_lies_at_the_target_is_left(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"mine")
    with pytest.raises(FileExistsError):
        edited(tmp_path, build_hive(KEYS), DeleteValue(RUN, "bad"))
    assert (tmp_path / "target").read_bytes() == b"mine"


MANY = {f"Services\\s{number:04}": {} for number in range(1200)}


@pytest.mark.parametrize("number", [0, 499, 500, 1199])
def test_of_a_thousand_keys_one_goes_and_all_others_are_found(tmp_path: Path, number: int) -> None:
    hive = edited(tmp_path, build_hive(MANY), DeleteKey(f"Services\\s{number:04}"))
    assert whole(hive) == expected({path: {} for path in MANY if path != f"Services\\s{number:04}"})
    services = hive.key("Services")
    assert services is not None
    assert services.subkey_count == 1199
    assert hive.is_searchable(services)


def test_all_of_a_thousand_keys_go_and_come_back(tmp_path: Path) -> None:
    gone = edited(tmp_path, build_hive(MANY), *map(DeleteKey, MANY))
    assert whole(gone) == expected({"Services": {}})
    (tmp_path / "target").rename(tmp_path / "first")
    back = edited(tmp_path, (tmp_path / "first").read_bytes(), *(PutKey(path, KeyContent()) for path in MANY))
    assert whole(back) == expected(MANY)
    services = back.key("Services")
    assert services is not None
    assert back.is_searchable(services)


def test_two_other_readers_read_what_was_written(tmp_path: Path) -> None:
    value = RegistryValue("new", SZ, data_of(SZ, "x" * 10_000))
    edits = (DeleteKey("Services\\s0007"), PutKey("Services\\snew", KeyContent((value,))), SetValue("Services", value))
    edited(tmp_path, build_hive(MANY), *edits)
    wanted = {path.partition("\\")[2] for path in MANY} - {"s0007"} | {"snew"}
    services = read_by_regipy(tmp_path / "target")["Services"]
    assert services[""] == {"new": "x" * 256}  # regipy reads the segments, and shows so much of them
    assert services.keys() - {""} == wanted
    shown = subprocess.run(["hivexml", str(tmp_path / "target")], capture_output=True, check=True).stdout.decode()
    assert set(re.findall(r'<node name="(s[^"]+)"', shown)) == wanted
    assert shown.count("x" * 10_000) == 2


@pytest.mark.parametrize(("kind", "minor"), [(b"lf", 3), (b"li", 3), (b"lf", 5), (b"li", 5)])
def test_lists_of_other_kinds_stay_of_their_kind(tmp_path: Path, kind: bytes, minor: int) -> None:
    content = _with_lists(build_hive({"Apple": {}, "bär": {}, "Cat": {}}), kind, minor)
    hive = edited(tmp_path, content, DeleteKey("Cat"), PutKey("Another", KeyContent()), PutKey("Đ", KeyContent()))
    assert [key.name for key in hive.subkeys(hive.root)] == ["Another", "Apple", "bär", "Đ"]
    assert {leaf.kind for leaf in hive.leaves(hive.root)} == {kind}
    assert hive.is_searchable(hive.root)


def test_of_two_names_that_only_windows_tells_apart_the_right_one_goes(tmp_path: Path) -> None:
    content = build_hive({"Svc\\WinDefend": {"\u10d0": (SZ, "x"), "\u1c90": (SZ, "y")}, "Svc\\W\u0131nDefend": {}})
    hive = edited(tmp_path, content, DeleteKey("Svc\\W\u0131nDefend"), DeleteValue("Svc\\WinDefend", "\u1c90"))
    left = whole(hive).subkeys["Svc"].subkeys
    assert {name: [value.name for value in key.values] for name, key in left.items()} == {"WinDefend": ["\u10d0"]}


def test_an_unsorted_list_is_sorted_when_a_key_is_made(tmp_path: Path) -> None:
    content = bytearray(build_hive({"a": {}, "b": {}, "c": {}}))
    at = content.index(b"lh\3\0") + 4
    content[at : at + 24] = content[at + 16 : at + 24] + content[at + 8 : at + 16] + content[at : at + 8]
    hive = edited(tmp_path, bytes(content), DeleteKey("b"))
    assert [key.name for key in hive.subkeys(hive.root)] == ["c", "a"]
    (tmp_path / "target").unlink()
    hive = edited(tmp_path, bytes(content), PutKey("aa", KeyContent()))
    assert [key.name for key in hive.subkeys(hive.root)] == ["a", "aa", "b", "c"]
    assert hive.is_searchable(hive.root)


def test_a_key_that_is_made_is_guarded_as_the_one_above_it(tmp_path: Path) -> None:
    content = build_hive(KEYS)
    edited(tmp_path, content, PutKey(r"New\Below", KeyContent()), DeleteKey(r"Svc\bad"))
    before, after = (data.index(b"sk\0\0") for data in (content, (tmp_path / "target").read_bytes()))
    count = int.from_bytes(content[before + 12 : before + 16], "little")
    assert int.from_bytes((tmp_path / "target").read_bytes()[after + 12 : after + 16], "little") == count + 2 - 2


def test_cells_that_are_shared_with_what_stays_are_left(tmp_path: Path) -> None:
    """Windows writes no such hive; made by hand, it must not keep malware in its place."""
    content = bytearray(build_hive({RUN: {"bad": (SZ, "shared text"), "good": (SZ, "other thing")}}))
    bad, good = (content.index(name) - 20 + 8 for name in (b"bad", b"good"))
    content[good : good + 4] = content[bad : bad + 4]
    hive = edited(tmp_path, bytes(content), DeleteValue(RUN, "bad"))
    assert whole(hive) == expected({RUN: {"good": (SZ, "shared text")}})


def test_a_hive_whose_bins_do_not_follow_on_each_other_is_not_edited(tmp_path: Path) -> None:
    content = bytearray(build_hive(KEYS))
    content[4096 + 4 : 4096 + 8] = b"\0\x10\0\0"
    refused(tmp_path, bytes(content), DeleteValue(RUN, "bad"))


@pytest.mark.parametrize(
    "edit",
    [
        PutKey("n" * 256, KeyContent()),
        PutKey("a\\\\b", KeyContent()),
        SetValue(RUN, RegistryValue("v" * 16_384, DWORD, b"")),
        SetValue(RUN, RegistryValue("large", BINARY, bytes((8 << 20) + 1))),
    ],
)
def test_what_windows_could_not_hold_or_we_not_read_again_is_not_made(tmp_path: Path, edit: RegistryEdit) -> None:
    refused(tmp_path, build_hive(KEYS), edit)


def test_a_copy_that_is_not_what_it_was_to_be_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever goes wrong in writing: here keys lose their first value."""
    monkeypatch.setattr(Space, "store", lambda *_: 32)
    refused(tmp_path, build_hive(KEYS), DeleteValue(RUN, "bad"))


def _file_time(seconds: int) -> bytes:
    return ((seconds + 11_644_473_600) * 10_000_000).to_bytes(8, "little")


def _times(content: bytes) -> list[int]:
    return [match.start() + 4 for match in re.finditer(rb"nk[\x00-\x2c]\0", content)]


def _times_of(content: bytes) -> bytes:
    (time,) = {content[at : at + 8] for at in _times(content)}
    return time


def _with_lists(content: bytes, kind: bytes, minor: int) -> bytes:
    """Return a hive with its one list of keys in another form, as older versions of Windows write it."""
    hive = Hive(_opened(content))
    (leaf,) = hive.leaves(hive.root)
    entries = [(at, hint(kind, hive.key_at(at).name)) for at in leaf.keys]
    words = [word for entry in entries for word in entry if word is not None]
    changed = bytearray(content)
    changed[24] = minor
    start = 4096 + leaf.offset + 4
    changed[start : start + 4 + 4 * len(words)] = list_record(kind, words, len(entries))
    changed[508:512] = hive_checksum(changed).to_bytes(4, "little")
    return bytes(changed)


def _opened(content: bytes) -> int:
    descriptor = os.memfd_create("hive")
    os.write(descriptor, content)
    return descriptor
