"""Shortcuts, autorun.inf, WMI subscriptions, downloads, settings files; accounts and drop places."""

import unicodedata
from pathlib import Path

import pytest
from tests.docs.test_pack_reference import _documented_fields as documented_fields
from tests.unit.endpoint.collect.windows.drive import collected, everything

from quetsach.core.pack import ArtefactKind
from quetsach.endpoint.artefact import LineAnchor
from quetsach.endpoint.collect import READERS
from quetsach.endpoint.collect.accounts import User, accounts_of
from quetsach.endpoint.collect.drop_paths import DropPath, drop_paths
from quetsach.endpoint.collect.places import places_of
from quetsach.endpoint.collect.windows.binary import Instance, carve, mark_of, subscriptions, texts_of
from quetsach.endpoint.collect.windows.startup_files import Shortcut, parse_autorun_entry, parse_shortcut
from quetsach.endpoint.host.offline.windows import mounted_windows
from quetsach.endpoint.scan_issue import Reason, ScanIssue
from quetsach.packs.specimen.formats import build_instance, build_repository, build_shortcut, build_task
from quetsach.packs.specimen.hive import EXPAND_SZ
from quetsach.packs.specimen.windows import plant

SID = bytes.fromhex("01050000000000051500000001000000020000000300000000040000")
REPOSITORY = "Windows/System32/wbem/Repository/OBJECTS.DATA"
SUBSCRIPTION = (
    build_instance("__EventFilter", "watch", "root\\cimv2", "SELECT * FROM x WITHIN 60", "WQL", sid=SID),
    build_instance("CommandLineEventConsumer", r"C:\ProgramData\evil.exe -k", "SCM Evil", sid=SID),
    build_instance(
        "__FilterToConsumerBinding", 'CommandLineEventConsumer.Name="SCM Evil"', '__EventFilter.Name="watch"', sid=SID
    ),
)


def test_a_shortcut_that_a_worm_puts_on_a_drive_is_read(tmp_path: Path) -> None:
    link = build_shortcut(
        wide_path=r"C:\Windows\System32\rundll32.exe", arguments=r"C:\x\evil.dll,Start", folder="C:\\x"
    )
    found = collected(tmp_path, "drive-shortcuts", files={"Ảnh.LNK": link, "x/evil.dll": b"MZ"})
    assert found[0].fields["command"] == r"C:\Windows\System32\rundll32.exe C:\x\evil.dll,Start"
    assert b"/x/evil.dll" in found[0].refers_to
    assert "/Ảnh.LNK".encode() in found[0].refers_to


def test_a_program_in_a_startup_folder_needs_no_shortcut(tmp_path: Path) -> None:
    folder = "Users/An/AppData/Roaming/Microsoft/Windows/Start Menu/Programs/Startup"
    found = collected(tmp_path, "startup", files={f"{folder}/evil.exe": b"MZ", f"{folder}/desktop.ini": b"[x]"})
    assert [(item.fields["name"], item.fields["user"], item.kind) for item in found] == [
        ("evil.exe", "An", ArtefactKind.STARTUP_FILE)
    ]


@pytest.mark.parametrize(
    ("link", "target"),
    [
        (build_shortcut(local_path=r"C:\a.exe"), r"C:\a.exe"),
        (build_shortcut(wide_path="C:\\tiếng Việt.exe"), "C:\\tiếng Việt.exe"),
        (build_shortcut(items=["Thư mục", "b.exe"]), "C:\\Thư mục\\b.exe"),
        (build_shortcut(relative=r".\c.exe"), r".\c.exe"),
        (build_shortcut(local_path=r"C:\a.exe", environment=r"%TEMP%\d.exe"), r"%TEMP%\d.exe"),
    ],
)
def test_the_target_of_a_shortcut_is_what_windows_takes_first(link: bytes, target: str) -> None:
    found = parse_shortcut(link)
    assert found is not None
    assert found.target == target


def test_a_target_with_spaces_is_quoted_in_the_command() -> None:
    assert Shortcut(r"C:\a b.exe", "-x", "").command == r'"C:\a b.exe" -x'


def test_what_is_no_shortcut_gives_none() -> None:
    assert parse_shortcut(b"MZ") is None


def test_autorun_is_read_through_a_megabyte_of_junk(tmp_path: Path) -> None:
    junk = bytes(number % 251 for number in range(500_000)).replace(b"\n", b"x")
    entry = rb"sHEll\oPEn\CoMMand = RECYCLER\S-5-3-42\jwgkvsq.vmx,abc"
    found = collected(
        tmp_path, "autorun-inf", files={"autorun.inf": junk + b"\r\n[AUTorun]\r\n" + entry + b"\r\n" + junk}
    )
    assert [item.fields["command"] for item in found] == [r"RECYCLER\S-5-3-42\jwgkvsq.vmx,abc"]
    assert isinstance(found[0].anchor, LineAnchor)
    assert found[0].anchor.line == entry + b"\r"


@pytest.mark.parametrize(
    ("line", "entry"),
    [
        (b"open=evil.exe /x", (b"open", b"evil.exe /x")),
        (b"  ShellExecute = a.exe\r", (b"ShellExecute", b"a.exe")),
        ("\ufefficon=x.ico".encode("utf-16-le"), (b"icon", b"x.ico")),
        (b"opened=1", None),
        (b";open=x", None),
        (b"\xff\xfe\x00", None),
    ],
)
def test_only_lines_that_windows_follows_count(line: bytes, entry: tuple[bytes, bytes] | None) -> None:
    assert parse_autorun_entry(line) == entry


def test_a_subscription_of_wmi_is_put_together(tmp_path: Path) -> None:
    found = collected(tmp_path, "wmi-subscriptions", files={REPOSITORY: bytes(8192) + build_repository(*SUBSCRIPTION)})
    assert [dict(item.fields) for item in found] == [
        {
            "name": "SCM Evil",
            "consumer": "CommandLineEventConsumer",
            "filter": "watch",
            "command": r"C:\ProgramData\evil.exe -k",
            "query": "SELECT * FROM x WITHIN 60",
            "listed": "yes",
        }
    ]
    assert found[0].refers_to == (b"/ProgramData/evil.exe",)


def test_what_was_deleted_and_not_written_over_is_marked(tmp_path: Path) -> None:
    filter_, consumer, binding = SUBSCRIPTION
    found = collected(
        tmp_path, "wmi-subscriptions", files={REPOSITORY: build_repository(filter_, deleted=consumer + binding)}
    )
    assert [(item.fields["name"], item.fields["listed"]) for item in found] == [("SCM Evil", "no")]


def test_a_consumer_without_a_binding_is_still_told() -> None:
    script = Instance("ActiveScriptEventConsumer", ("x", "VBScript", "CreateObject(1)"))
    assert [fields["command"] for fields in subscriptions([script])] == ["x; CreateObject(1)"]


def test_a_mark_is_the_hash_that_windows_makes() -> None:
    published = "6FCB95E1CB11D0950DA7AE40A94D774F02DCD34701D9645E00AB9444DBCF640B"  # python-cim, of Microsoft_BDD_Info
    assert mark_of("Microsoft_BDD_Info") == published.encode("utf-16-le")


def test_the_definition_of_a_class_is_no_instance() -> None:
    definition = build_instance("CommandLineEventConsumer", "CommandLineTemplate", "string")[128:]
    assert list(carve(definition)) == []


def test_instances_of_windows_xp_are_read() -> None:
    old = build_instance("CommandLineEventConsumer", "a.exe", algorithm="md5")
    assert [instance.texts for _, instance in carve(old)] == [("a.exe",)]


def test_a_script_in_wide_letters_is_read() -> None:
    found = [instance for _, instance in carve(build_instance("ActiveScriptEventConsumer", "tên", "VBScript"))]
    assert found == [Instance("ActiveScriptEventConsumer", ("tên", "VBScript"))]


def test_an_instance_over_the_edge_of_what_is_read_at_once_is_found_once(tmp_path: Path) -> None:
    found = collected(
        tmp_path, "wmi-subscriptions", files={REPOSITORY: bytes((4 << 20) - 200) + SUBSCRIPTION[1] + SUBSCRIPTION[2]}
    )
    assert len(found) == 1


def test_addresses_and_paths_of_downloads_are_picked_out() -> None:
    queue = b"\1\2" + "https://evil.example/x.exe".encode("utf-16-le") + bytes(4) + "C:\\x.exe".encode("utf-16-le")
    assert texts_of(queue) == ("https://evil.example/x.exe", "C:\\x.exe")


def test_lines_of_hosts_and_old_settings_are_told(tmp_path: Path) -> None:
    files = {
        "Windows/System32/drivers/etc/hosts": b"# x\r\n127.0.0.1 update.example\r\n",
        "Windows/win.ini": b"[windows]\r\nload=C:\\evil.exe\r\n",
        "evil.exe": b"MZ",
    }
    found = collected(tmp_path, "hosts", "ini-files", files=files)
    assert [item.fields["line"] for item in found] == ["127.0.0.1 update.example", "[windows]", "load=C:\\evil.exe"]
    assert found[2].refers_to == (b"/evil.exe",)


def test_a_tab_between_address_and_name_is_a_blank_to_patterns_and_stays_in_the_file(tmp_path: Path) -> None:
    files = {"Windows/System32/drivers/etc/hosts": b"0.0.0.0\tupdate.example\t# x\r\n"}
    (found,) = collected(tmp_path, "hosts", files=files)
    assert found.fields["line"] == "0.0.0.0 update.example # x"
    assert isinstance(found.anchor, LineAnchor)
    assert found.anchor.line == b"0.0.0.0\tupdate.example\t# x\r"


def test_every_profile_is_an_account(tmp_path: Path) -> None:
    listed = {
        r"Microsoft\Windows NT\CurrentVersion\ProfileList\S-1-5-21-9": {"ProfileImagePath": (EXPAND_SZ, r"C:\Nhà\Chi")}
    }
    plant(tmp_path, software=listed, files={"Nhà/Chi/x": b""})
    assert accounts_of(mounted_windows(tmp_path)) == (
        User(b"An", b"/Users/An"),
        User("Bình".encode(), "/Users/Bình".encode()),
        User(b"Public", b"/Users/Public"),
        User(b"Chi", "/Nhà/Chi".encode()),
    )


def test_a_quick_scan_goes_where_malware_lands(tmp_path: Path) -> None:
    plant(tmp_path, files={"evil.exe": b"MZ", "PageFile.sys": b"memory"})
    found = set(drop_paths(mounted_windows(tmp_path)))
    assert {
        DropPath(b"/Users/An/AppData/Local/Temp"),
        DropPath(b"/Windows/Temp"),
        DropPath(b"/evil.exe", 0),
    } <= found
    assert not found & {DropPath(b"/Users/Chi/AppData/Local/Temp"), DropPath(b"/PageFile.sys", 0)}


def test_every_place_of_windows_has_a_reader_a_source_and_a_key_of_a_hive() -> None:
    places = places_of("windows")
    assert len(places) > 140
    for place in places:
        assert place.reader in READERS
        assert all(key.startswith(("HKLM\\SOFTWARE\\", "HKLM\\SYSTEM\\", "HKU\\*")) for key in place.keys)
        assert unicodedata.is_normalized("NFC", place.title.vi)
        assert all(len(set(group)) == len(group) for group in (place.keys, place.names, place.paths))
        assert not place.report_missing or place.defaults or place.kind is ArtefactKind.REGISTRY_KEY


def test_every_default_belongs_to_a_name_of_its_place() -> None:
    for place in places_of("windows"):
        for given in place.defaults:
            name = given.rpartition("\\")[2]
            assert not place.names or name.lower() in map(str.lower, place.names), (place.name, given)


def test_a_plain_drive_is_collected_without_a_trouble(tmp_path: Path) -> None:
    found = everything(tmp_path, *(place.name for place in places_of("windows")))
    assert found
    assert [item for item in found if isinstance(item, ScanIssue)] == []


def test_a_repository_full_of_one_instance_is_left_at_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quetsach.endpoint.collect.windows.binary.MOST_CARVED", 50)
    found = everything(tmp_path, "wmi-subscriptions", files={REPOSITORY: SUBSCRIPTION[1] * 60})
    assert [item for item in found if isinstance(item, ScanIssue)] == [
        ScanIssue(f"/{REPOSITORY}".encode(), Reason.OVERFULL)
    ]


def test_what_is_collected_has_the_fields_that_are_documented(tmp_path: Path) -> None:
    files = {
        REPOSITORY: build_repository(*SUBSCRIPTION),
        "a.lnk": build_shortcut(wide_path="C:\\a"),
        "autorun.inf": b"open=a",
        "Windows/System32/Tasks/a": build_task("a"),
        "ProgramData/Microsoft/Network/Downloader/qmgr.db": b"x",
    }
    found = collected(tmp_path, *(place.name for place in places_of("windows")), files=files)
    assert len({item.kind for item in found}) == 7
    for item in found:
        optional = {"default"} if item.kind is ArtefactKind.REGISTRY_VALUE else set[str]()
        assert item.fields.keys() | optional == documented_fields(item.kind)
