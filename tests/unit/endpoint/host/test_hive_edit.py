"""An edited copy of a hive: all edits or none, exactly what was asked for, and nothing else."""

import os
import sys
from pathlib import Path

import pytest
from tests.hives import BINARY, DWORD, MULTI_SZ, SZ, Keys, build_hive, data_of

from quetsach.endpoint.errors import RegistryError
from quetsach.endpoint.host import hive_edit
from quetsach.endpoint.host.hive import Hive
from quetsach.endpoint.host.hive_edit import edit_hive
from quetsach.endpoint.host.registry import (
    DeleteKey,
    DeleteValue,
    KeyContent,
    PutKey,
    RegistryEdit,
    RegistryValue,
    SetValue,
)

RUN = r"Microsoft\Run"
KEYS: Keys = {
    RUN: {"good": (SZ, "g"), "bad": (SZ, "b"), "Tiếng Việt": (DWORD, 5)},
    r"Svc\bad\Parameters": {"x": (BINARY, b"\0\1")},
    r"Svc\good": {"Start": (DWORD, 2)},
}


def edited(tmp_path: Path, content: bytes, *edits: RegistryEdit, command: tuple[str, ...] = hive_edit.WORKER) -> Hive:
    (tmp_path / "source").write_bytes(content)
    source = os.open(tmp_path / "source", os.O_RDONLY)
    try:
        edit_hive(source, tmp_path / "target", edits, command=command)
    finally:
        os.close(source)
        assert (tmp_path / "source").read_bytes() == content
    return Hive(os.open(tmp_path / "target", os.O_RDONLY))


def whole(hive: Hive) -> KeyContent:
    return hive.content(hive.root)


def expected(keys: Keys) -> KeyContent:
    descriptor = os.memfd_create("hive")
    os.write(descriptor, build_hive(keys))
    return whole(Hive(descriptor))


def refused(tmp_path: Path, content: bytes, *edits: RegistryEdit, **how: tuple[str, ...]) -> RegistryError:
    with pytest.raises(RegistryError) as caught:
        edited(tmp_path, content, *edits, **how)
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


@pytest.mark.parametrize("neighbour", [{"a\0b": (SZ, "x")}, {"\udc00": (SZ, "x")}, {"big": (BINARY, bytes(16_345))}])
def test_a_neighbour_that_could_not_be_written_again_is_not_risked(tmp_path: Path, neighbour: Keys) -> None:
    refused(tmp_path, build_hive({RUN: {"bad": (SZ, "b"), **neighbour}}), DeleteValue(RUN, "bad"))


def test_a_key_that_is_made_is_found_by_windows_too(tmp_path: Path) -> None:
    """Lists of keys are in the order of capital letters, and their hashes are over UTF-16; hivex hashes UTF-8."""
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


def test_a_missing_library_is_named_with_its_package(tmp_path: Path) -> None:
    error = refused(tmp_path, build_hive(KEYS), DeleteKey(RUN), command=_program("print('\"no-library\"')"))
    assert "libhivex0" in error.hint


@pytest.mark.parametrize(
    "program",
    [
        "import os; os.abort()",
        "print('{not json')",
        "print('[1]')",
        "print('\"cannot be done\"')",
        "print('\"\"')",  # says that it wrote, and did not
        "import os, sys; os.write(int(sys.argv[2]), os.pread(int(sys.argv[1]), 1 << 20, 0)); print('\"\"')",
        "import os, sys; os.write(int(sys.argv[2]), b'regf' + bytes(9000)); print('\"\"')",
    ],
)
def test_whatever_the_writing_process_does_a_wrong_copy_is_not_used(tmp_path: Path, program: str) -> None:
    refused(tmp_path, build_hive(KEYS), DeleteValue(RUN, "bad"), command=_program(program))


def test_a_change_to_a_key_that_nobody_asked_for_is_noticed(tmp_path: Path) -> None:
    other = build_hive({**KEYS, RUN: {"good": (SZ, "g"), "Tiếng Việt": (DWORD, 5)}, r"Svc\good": {"Start": (DWORD, 4)}})
    (tmp_path / "other").write_bytes(other)
    program = (
        f"import os, sys; os.write(int(sys.argv[2]), open({str(tmp_path / 'other')!r}, 'rb').read()); print('\"\"')"
    )
    refused(tmp_path, build_hive(KEYS), DeleteValue(RUN, "bad"), command=_program(program))


def test_a_writing_process_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hive_edit, "_PATIENCE_SECONDS", 0.2)
    refused(tmp_path, build_hive(KEYS), DeleteKey(RUN), command=_program("import time; time.sleep(60)"))


def _program(text: str) -> tuple[str, ...]:
    return sys.executable, "-c", text
