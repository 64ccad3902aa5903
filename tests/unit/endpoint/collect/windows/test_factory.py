"""What Windows has from the factory: which keys are missing on a drive, and only what is sure to belong there."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.endpoint.collect.windows.drive import collected

from quetsach.endpoint import CollectorError
from quetsach.endpoint.collect.factory_defaults import VERSIONS, Factory, factory_keys, parse_factory
from quetsach.endpoint.host.offline.windows import mounted_windows
from quetsach.endpoint.host.registry import DWORD, EXPAND_SZ, MULTI_SZ, SZ, PutKey, RegistryEdit, SetValue, folded
from quetsach.packs.specimen.hive import SZ as TEXT
from quetsach.packs.specimen.hive import Keys, build_hive
from quetsach.packs.specimen.windows import CONFIG, SYSTEM, merged, plant, write

SAFE = r"HKLM\SYSTEM\CurrentControlSet\Control\SafeBoot"
SERVICES = r"HKLM\SYSTEM\CurrentControlSet\Services"
NT = r"Microsoft\Windows NT\CurrentVersion"
LIBRARY = {"Windows/System32/wscsvc.dll": b"MZ wscsvc"}


def _drive(root: Path, *, build: str = "19045", without: tuple[str, ...] = (), **planted: Any) -> Factory:
    """Plant a drive of a build of Windows whose SYSTEM lacks the keys that contain a text, and return its factory."""
    software = merged({NT: {"CurrentBuild": (TEXT, build)}}, planted.pop("software", None))
    system: Keys = merged(SYSTEM, planted.pop("system", None))
    plant(root, software=software, **planted)
    left = {key: values for key, values in system.items() if not any(text in key for text in without)}
    write(root, f"{CONFIG}/SYSTEM", build_hive(left, name="SYSTEM"))
    host = mounted_windows(root)
    return Factory(host, host.registry)


def _edits(factory: Factory, key: str) -> list[RegistryEdit]:
    return list(factory.edits(key))


def test_a_mode_of_safe_mode_that_is_gone_comes_back_with_what_belongs_into_it(tmp_path: Path) -> None:
    factory = _drive(tmp_path, files={"Windows/System32/cryptsvc.dll": b"MZ"})
    (edit,) = _edits(factory, rf"{SAFE}\Network")
    assert isinstance(edit, PutKey)
    assert {"Base", "NDIS", "CryptSvc", "{4D36E967-E325-11CE-BFC1-08002BE10318}"} <= edit.content.subkeys.keys()
    (value,) = edit.content.subkeys["{4D36E967-E325-11CE-BFC1-08002BE10318}"].values
    assert (value.name, value.type, value.text) == ("", SZ, "DiskDrive")


def test_what_names_a_file_that_is_not_there_is_left_out(tmp_path: Path) -> None:
    (edit,) = _edits(_drive(tmp_path), rf"{SAFE}\Network")
    assert isinstance(edit, PutKey)
    assert not {"CryptSvc", "BFE", "vga.sys"} & edit.content.subkeys.keys()


def test_safe_mode_that_is_gone_as_a_whole_gets_its_shell_too(tmp_path: Path) -> None:
    factory = _drive(tmp_path, without=("SafeBoot",))
    shell, mode = _edits(factory, rf"{SAFE}\Minimal")
    assert isinstance(shell, SetValue)
    assert (shell.key, shell.value.name, shell.value.text) == (SAFE, "AlternateShell", "cmd.exe")
    assert isinstance(mode, PutKey)


def test_an_entry_of_safe_mode_that_stands_is_not_changed(tmp_path: Path) -> None:
    own: Keys = {r"ControlSet001\Control\SafeBoot\Minimal\Base": {"": (TEXT, "của tôi")}}
    edits = _edits(_drive(tmp_path, system=own), rf"{SAFE}\Minimal")
    keys = {edit.key for edit in edits}
    assert rf"{SAFE}\Minimal\Filter" in keys
    assert rf"{SAFE}\Minimal\Base" not in keys


def test_a_service_that_is_gone_comes_back_whole(tmp_path: Path) -> None:
    (edit,) = _edits(_drive(tmp_path, files=LIBRARY), rf"{SERVICES}\wscsvc")
    assert isinstance(edit, PutKey)
    values = {value.name: value for value in edit.content.values}
    assert (values["Start"].type, values["Start"].text) == (DWORD, "2")
    assert (values["ImagePath"].type, values["DisplayName"].type) == (EXPAND_SZ, SZ)
    assert (values["DependOnService"].type, values["DependOnService"].entries) == (MULTI_SZ, ("RpcSs",))
    library = edit.content.subkeys["Parameters"].values[0]
    assert (library.name, library.type, library.text) == ("ServiceDll", EXPAND_SZ, r"%SystemRoot%\System32\wscsvc.dll")


def test_a_service_that_lacks_values_gets_those_and_keeps_its_own(tmp_path: Path) -> None:
    own: Keys = {r"ControlSet001\Services\wscsvc": {"DisplayName": (TEXT, "mine"), "ImagePath": (TEXT, "mine.exe")}}
    edits = _edits(_drive(tmp_path, files=LIBRARY, system=own), rf"{SERVICES}\wscsvc")
    names = {edit.value.name for edit in edits if isinstance(edit, SetValue)}
    assert {"Start", "Type", "ObjectName"} <= names
    assert not {"DisplayName", "ImagePath"} & names
    assert [edit.key for edit in edits if isinstance(edit, PutKey)] == [rf"{SERVICES}\wscsvc\Parameters"]


def test_a_service_that_is_whole_needs_nothing(tmp_path: Path) -> None:
    factory = _drive(tmp_path, files=LIBRARY)
    (edit,) = _edits(factory, rf"{SERVICES}\wscsvc")
    assert isinstance(edit, PutKey)
    values = {value.name: (value.type, value.data) for value in edit.content.values}
    parameters = {value.name: (value.type, value.data) for value in edit.content.subkeys["Parameters"].values}
    own: Keys = {r"ControlSet001\Services\wscsvc": values, r"ControlSet001\Services\wscsvc\Parameters": parameters}
    assert _edits(_drive(tmp_path, files=LIBRARY, system=own), rf"{SERVICES}\wscsvc") == []


@pytest.mark.parametrize("build", ["", "none", "1.511.1 () (Obsolete data - do not use)", "1", "9" * 12, "７６０１"])
def test_nothing_is_put_back_on_a_windows_of_unknown_version(tmp_path: Path, build: str) -> None:
    factory = _drive(tmp_path, build=build, files=LIBRARY)
    assert factory.version == ""
    assert _edits(factory, rf"{SAFE}\Network") == _edits(factory, rf"{SERVICES}\wscsvc") == []


@pytest.mark.parametrize(
    ("build", "version", "group"),
    [
        ("2600", "XP", ""),
        ("7601", "7", "LocalServiceNoNetwork"),
        ("9600", "8.1", "LocalServiceNoNetwork"),
        ("14393", "10", "LocalServiceNoNetwork"),
        ("19045", "10-1709", "LocalServiceNoNetworkFirewall -p"),
        ("26100", "10-1709", "LocalServiceNoNetworkFirewall -p"),
    ],
)
def test_each_windows_gets_the_service_as_that_version_runs_it(
    tmp_path: Path, build: str, version: str, group: str
) -> None:
    factory = _drive(tmp_path, build=build, files={"Windows/System32/bfe.dll": b"MZ"})
    assert factory.version == version
    runs = [
        value.text.partition(" -k ")[2]
        for edit in _edits(factory, rf"{SERVICES}\BFE")
        if isinstance(edit, PutKey)
        for value in edit.content.values
        if value.name == "ImagePath"
    ]
    assert runs == ([group] if group else [])


def test_the_build_of_xp_is_read_from_the_value_that_holds_it(tmp_path: Path) -> None:
    obsolete = {NT: {"CurrentBuildNumber": (TEXT, "2600")}}
    assert _drive(tmp_path, build="1.511.1 () (Obsolete data - do not use)", software=obsolete).version == "XP"


def test_a_key_that_windows_has_not_is_never_made(tmp_path: Path) -> None:
    assert _edits(_drive(tmp_path), rf"{SERVICES}\qzkvxw") == []


def test_missing_modes_and_missing_entries_are_places_of_their_own(tmp_path: Path) -> None:
    _drive(tmp_path)  # it has the mode Minimal, empty, and no mode Network
    modes = collected(tmp_path, "safe-boot", plants=False)
    assert [(item.fields["key"], item.fields["missing"]) for item in modes] == [
        (rf"{SAFE}\Minimal", "no"),
        (rf"{SAFE}\Network", "yes"),
    ]
    entries = collected(tmp_path, "safe-boot-entries", plants=False)
    assert {item.fields["missing"] for item in entries} == {"yes"}
    assert {item.fields["key"].rpartition("\\")[0] for item in entries} == {rf"{SAFE}\Minimal"}


def test_a_missing_and_a_gutted_service_are_told_from_one_that_is_whole(tmp_path: Path) -> None:
    files = {f"Windows/System32/{name}": b"MZ" for name in ("wscsvc.dll", "bfe.dll", "wuaueng.dll", "qmgr.dll")}
    gutted: Keys = {
        r"ControlSet001\Services\BFE": {"DisplayName": (TEXT, "x")},
        r"ControlSet001\Services\wuauserv\Parameters": {"ServiceDll": (TEXT, r"C:\Windows\System32\wuaueng.dll")},
    }
    _drive(tmp_path, files=files, system=gutted)
    seen = {item.fields["name"]: item.fields["missing"] for item in collected(tmp_path, "services", plants=False)}
    assert {name: seen.get(name) for name in ("wscsvc", "BFE", "wuauserv", "BITS", "Schedule", "iphlpsvc")} == {
        "wscsvc": "yes",
        "BFE": "part",
        "wuauserv": "no",
        "BITS": "yes",
        "Schedule": "no",
        "iphlpsvc": None,
    }


def test_the_data_is_of_known_versions_and_says_each_key_once_a_version() -> None:
    keys = factory_keys()
    assert len(keys) > 150
    seen = [(folded(known.key), version) for known in keys for version in known.windows]
    assert len(set(seen)) == len(seen)
    assert {version for known in keys for version in known.windows} == VERSIONS.keys()
    assert all(known.key.startswith("HKLM\\SYSTEM\\CurrentControlSet\\") for known in keys)


def test_every_service_of_the_factory_needs_a_file_and_says_what_runs_it() -> None:
    services = [known for known in factory_keys() if known.key.startswith(SERVICES)]
    for known in services:
        values = {value.name: value for value in known.content.values}
        assert known.file, known.key
        assert {"ImagePath", "Start", "Type", "ErrorControl"} <= values.keys(), known.key
        assert values["ImagePath"].type == EXPAND_SZ
        assert ("svchost" in values["ImagePath"].text) == ("Parameters" in known.content.subkeys), known.key


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sources = ['x']",
        "sources = []\n[[keys]]\nbelow = ['a']\nwindows = ['7']\nnames = ['b']",
        "sources = ['x']\n[[keys]]\nbelow = ['a']\nwindows = ['95']\nnames = ['b']",
        "sources = ['x']\n[[keys]]\nbelow = ['a']\nwindows = ['7']",
        "sources = ['x']\n[[keys]]\nbelow = ['a']\nwindows = ['7']\nnames = ['b']\ntexts = { c = 'd' }",
        "sources = ['x']\n[[keys]]\nbelow = ['a']\nwindows = ['7']\nnames = ['b']\nvalue = 1",
        "sources = ['x']\n[[keys]]\nbelow = ['a']\nwindows = ['7']\nnames = ['b']\nvalues = { c = -1 }",
        "sources = ['x']\n[[keys]]\nbelow = ['a']\nwindows = ['7']\nnames = ['b']\nvalues = { c = 1.5 }",
        "sources = ['x']\n[[keys]]\nbelow = ['a']\nwindows = ['7']\nnames = ['b']\nvalues = { c = true }",
        "sources = ['x']\n[[keys]]\nbelow = ['a']\nwindows = ['7']\nnames = ['b']\nvalues = { c = [] }",
    ],
)
def test_a_file_that_says_something_else_is_refused(text: str) -> None:
    with pytest.raises(CollectorError):
        parse_factory(text.encode(), "x")


VALUES = st.recursive(
    st.text("ab7", max_size=3) | st.integers(-1, 2**33) | st.booleans(),
    lambda below: st.lists(below, max_size=2) | st.dictionaries(st.sampled_from("ab"), below, max_size=2),
    max_leaves=6,
)
FIELDS = st.sampled_from(["below", "windows", "names", "files", "texts", "values", "other"])


def _as_toml(value: object) -> str:
    match value:
        case dict():
            return "{" + ", ".join(f"{json.dumps(name)} = {_as_toml(one)}" for name, one in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_as_toml, value)) + "]"
    return json.dumps(value)


@given(st.lists(st.dictionaries(FIELDS, VALUES | st.just(["7"]), max_size=5), max_size=2))
def test_any_tables_are_read_or_refused(tables: list[dict[str, object]]) -> None:
    text = f'sources = ["x"]\nkeys = {_as_toml(tables)}'
    try:
        keys = parse_factory(text.encode(), "x")
    except CollectorError:
        return
    assert all(known.windows <= VERSIONS.keys() and known.key for known in keys)


@given(st.binary(max_size=50))
def test_what_is_no_toml_is_refused(raw: bytes) -> None:
    with pytest.raises(CollectorError):
        parse_factory(raw, "x")
