"""``quetsach scan`` as a person or a script meets it."""

import json
import os
import re
import shlex
from pathlib import Path

import pytest
from tests.archives import zip_of

from quetsach.cli.main import main
from quetsach.endpoint.collect.drop_paths import DropPath
from quetsach.endpoint.host.offline.mounted import open_mounted
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.host.tree import Mount
from quetsach.endpoint.report import read_report
from quetsach.endpoint.report.page import render_page
from quetsach.endpoint.scan_issue import Reason, ScanIssue
from quetsach.endpoint.scanner.archive import library
from quetsach.endpoint.scanner.walk import Candidate
from quetsach.packs.specimen import load_specimen, specimens_of

SHELF = Path(__file__).parents[3] / "packs"


@pytest.fixture
def infected(tmp_path: Path) -> Path:
    """A folder with two EICAR files."""
    folder = tmp_path / "infected"
    folder.mkdir()
    load_specimen(SHELF / "eicar").build(folder)
    return folder


@pytest.fixture
def clean(tmp_path: Path) -> Path:
    folder = tmp_path / "clean"
    folder.mkdir()
    (folder / "letter.txt").write_text("Kính gửi")
    return folder


def test_findings_end_with_10_and_are_told_in_vietnamese(infected: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", str(infected)]) == 10
    out = capsys.readouterr().out
    assert "▲ PHÁT HIỆN 2 dấu vết của 1 họ mã độc." in out
    assert f"{infected}/srv/downloads/tệp thử.txt" in out
    assert "Đây là tệp thử EICAR" in out
    assert "eicar_test_file (Quét Sạch)" in out
    assert f"quetsach clean {infected}" in out


def test_the_end_of_a_line_of_windows_is_not_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    worm = SHELF.parent / "tests/packs/windows-worm"
    (tmp_path / "Windows/System32/drivers/etc").mkdir(parents=True)
    (tmp_path / "Windows/System32/config").mkdir()
    (tmp_path / "Windows/System32/wormsvc.dll").write_bytes(b"MZ" + b"QUETSACH-WINDOWS-WORM-PROGRAM" + bytes(3000))
    (tmp_path / "Windows/System32/drivers/etc/hosts").write_bytes(b"0.0.0.0 update.example.test\r\n")
    assert main(["scan", "--root", str(tmp_path), "--pack", str(worm)]) == 10
    assert "hosts, dòng 1: 0.0.0.0 update.example.test\n" in capsys.readouterr().out


def test_english_is_complete(infected: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", str(infected), "--lang", "en"]) == 10
    out = capsys.readouterr().out.replace(str(infected), "").replace("tệp thử", "").replace("Quét Sạch", "")
    assert "▲ FOUND 2 traces of 1 malware families." in out
    assert out.isascii() or set(filter(lambda c: not c.isascii(), out)) <= set("▲·")


def test_nothing_found_ends_with_0_and_promises_nothing(clean: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", str(clean), "--lang", "en"]) == 0
    out = capsys.readouterr().out
    assert "✓ NOTHING FOUND" in out
    assert "This holds for the families in these packs only." in out
    assert "Looked at 1 files" in out


def test_what_lies_in_an_archive_can_go_with_it_and_scan_and_page_say_so(
    infected: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    packed = tmp_path / "mail.zip"
    packed.write_bytes(zip_of({"eicar.com": (infected / "srv/downloads/eicar.com").read_bytes()}))
    assert main(["scan", str(packed), "--lang", "en", "--report", str(tmp_path / "report.json")]) == 10
    out = capsys.readouterr().out
    assert f"{packed}!eicar.com" in out
    assert "when cleaning: seal the whole archive, if you agree" in out
    assert f"run `quetsach clean {packed}` to see the plan" in out
    assert "for information only" not in out
    page = render_page(read_report(tmp_path / "report.json"), language="en")
    assert "quetsach clean --archives can seal the whole archive" in page
    assert "When cleaning: quarantine" not in page


def test_no_clean_up_is_promised_for_what_a_pack_only_reports_in_an_archive(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    packed = tmp_path / "mail.zip"
    packed.write_bytes(zip_of({"bang-tinh.xlsx.WNCRY": b"WANACRY!\0\1\0\0" + bytes(300)}))
    assert main(["scan", str(packed), "--lang", "en", "--report", str(tmp_path / "report.json")]) == 10
    out = capsys.readouterr().out
    assert "when cleaning: report only" in out
    assert "quetsach clean" not in out
    assert "--archives" not in render_page(read_report(tmp_path / "report.json"), language="en")


def test_the_json_is_the_report(infected: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "report.json"
    assert main(["scan", str(infected), "--json", "--report", str(path)]) == 10
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads(path.read_text())
    assert printed["exit_code"] == 10
    assert [finding["family"] for finding in printed["findings"]] == ["eicar", "eicar"]


def test_every_scan_keeps_its_report(clean: Path, tmp_path: Path) -> None:
    main(["scan", str(clean), "--state", str(tmp_path / "state")])
    [kept] = (tmp_path / "state" / "reports").iterdir()
    assert read_report(kept).exit_code == 0


def test_a_mounted_disk_is_looked_at_whole(infected: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", "--root", str(infected), "--json"]) == 10
    report = json.loads(capsys.readouterr().out)
    assert (report["scan"]["scope"], report["machine"]["live"]) == ("full", False)
    assert [f["where"] for f in report["findings"]] == ["/srv/downloads/eicar.com", "/srv/downloads/tệp thử.txt"]


def test_a_path_on_a_mounted_disk_is_inside_it(infected: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", "--root", str(infected), "/srv/downloads/eicar.com", "--json"]) == 10
    assert len(json.loads(capsys.readouterr().out)["findings"]) == 1


def test_names_cannot_deceive_the_terminal(clean: Path, infected: Path, capsys: pytest.CaptureFixture[str]) -> None:
    evil = "\x1b[2J\u202eexe.\nfake: ✓ "
    (infected / "srv" / "downloads" / "eicar.com").rename(clean / evil)
    assert main(["scan", str(clean)]) == 10
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert r"\x1b[2J\u202eexe.\nfake" in out


def test_undecodable_names_are_shown(infected: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = infected / "srv" / "downloads"
    (folder / "eicar.com").rename(folder / os.fsdecode(b"\xff"))
    assert main(["scan", str(infected)]) == 10
    assert r"/srv/downloads/\xff" in capsys.readouterr().out


def test_a_missing_path_is_a_usage_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", str(tmp_path / "none")]) == 1
    assert f"{tmp_path}/none: không có tệp hoặc thư mục này" in capsys.readouterr().err
    assert main(["scan", str(tmp_path / "none"), "--lang", "en"]) == 1
    assert "there is no such file or folder" in capsys.readouterr().err


def test_a_missing_root_is_a_usage_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", "--root", str(tmp_path / "none")]) == 1
    assert str(tmp_path / "none") in capsys.readouterr().err


def test_quick_with_paths_is_a_usage_error(clean: Path) -> None:
    assert main(["scan", "--quick", str(clean)]) == 1


@pytest.mark.parametrize("jobs", ["0", "-1", "65", "x", "9" * 5000])
def test_a_senseless_number_of_jobs_is_a_usage_error(clean: Path, jobs: str) -> None:
    assert main(["scan", str(clean), f"--jobs={jobs}"]) == 1


def test_a_named_pack_replaces_the_shelf(infected: Path) -> None:
    assert main(["scan", str(infected), "--pack", str(SHELF / "xmrig-miner")]) == 0
    assert main(["scan", str(infected), "--pack", str(SHELF / "eicar")]) == 10
    assert main(["scan", str(infected), "--pack", str(SHELF)]) == 10


def test_a_broken_pack_ends_with_3(clean: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.qsp").write_bytes(b"not a pack")
    assert main(["scan", str(clean), "--pack", str(tmp_path / "bad.qsp")]) == 3
    assert "không phải tệp .qsp đã đóng gói" in capsys.readouterr().err


def test_a_state_that_cannot_be_written_does_not_stop_the_scan(
    infected: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert main(["scan", str(infected), "--state", str(tmp_path / "file" / "state"), "--pack", str(SHELF)]) == 10
    assert "không lưu được báo cáo" in capsys.readouterr().err


def test_no_report_is_kept_in_a_folder_that_others_can_write(
    clean: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    (tmp_path / "open" / "reports").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").mkdir()
    assert main(["scan", str(clean), "--state", str(tmp_path / "open")]) == 0
    assert "tài khoản khác ghi được" in capsys.readouterr().err
    assert not list((tmp_path / "elsewhere").iterdir())


def test_a_live_scan_that_could_not_read_everything_never_says_nothing_found(
    clean: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr("quetsach.endpoint.scanner.scan.drop_paths", lambda _host: iter([DropPath(os.fsencode(clean))]))
    monkeypatch.setattr("quetsach.endpoint.scanner.scan.PROCESSES", lambda _host: iter(()))
    assert main(["scan", "--quick", "--lang", "en"]) == 2
    out = capsys.readouterr().out
    assert "NOT CONCLUSIVE: without administrator rights" in out
    assert "NOTHING FOUND" not in out


def test_given_paths_that_a_user_may_not_read_are_not_called_free(
    clean: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert main(["scan", str(clean)]) == 0

    def refuse(*_: object) -> int:
        raise PermissionError(13, "no")

    monkeypatch.setattr("quetsach.endpoint.host.posix.folder.PosixFolder.open_read", refuse)
    assert main(["scan", str(clean)]) == 2
    out = capsys.readouterr().out
    assert "CHƯA KẾT LUẬN ĐƯỢC" in out
    assert "sudo quetsach scan" in out


def test_what_failed_is_counted_and_named(
    clean: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(12):
        (clean / f"{number}").touch()

    def refuse(*_: object) -> int:
        raise PermissionError(13, "no")

    monkeypatch.setattr("quetsach.endpoint.host.posix.folder.PosixFolder.open_read", refuse)
    assert main(["scan", str(clean), "--lang", "en"]) == 2
    out = capsys.readouterr().out
    assert "✓" not in out
    assert "Could not look at 13 items: no permission, or a disk error: 13." in out
    assert "… and 3 more" in out


@pytest.fixture
def _lasting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every disk for one on which times tell the truth, and every file for an old one."""
    monkeypatch.setattr("quetsach.endpoint.host.posix.mounts.LastingDisks.__call__", lambda *_: True)


@pytest.mark.usefixtures("_lasting")
def test_what_an_earlier_scan_saw_is_not_read_again_unless_asked_for(
    clean: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["scan", str(clean), "--lang", "en"]) == 0
    assert "same as when an earlier scan" not in capsys.readouterr().out
    assert main(["scan", str(clean), "--lang", "en"]) == 0
    assert "1 of them are the same as when an earlier scan" in capsys.readouterr().out
    assert main(["scan", str(clean), "--lang", "en", "--no-cache"]) == 0
    assert "same as when an earlier scan" not in capsys.readouterr().out


@pytest.mark.usefixtures("_lasting")
def test_other_packs_read_every_file(clean: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["scan", str(clean), "--pack", str(SHELF / "eicar")])
    main(["scan", str(clean), "--pack", str(SHELF / "xmrig-miner"), "--lang", "en"])
    assert "same as when an earlier scan" not in capsys.readouterr().out


@pytest.mark.usefixtures("_lasting")
def test_once_the_library_for_archives_is_there_every_file_is_read(
    clean: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as without:
        without.setitem(library._PLACES, "linux", "libarchive-that-is-not-there.so")
        library._library.cache_clear()
        main(["scan", str(clean)])
    library._library.cache_clear()
    main(["scan", str(clean), "--lang", "en"])
    assert "same as when an earlier scan" not in capsys.readouterr().out


@pytest.mark.usefixtures("_lasting")
def test_a_damaged_memory_is_said_and_replaced(clean: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state = ["--state", str(tmp_path / "state"), "--lang", "en"]
    main(["scan", str(clean), *state])
    [kept] = (tmp_path / "state" / "seen").iterdir()
    kept.write_bytes(b"\0" * kept.stat().st_size)
    assert main(["scan", str(clean), *state]) == 0
    assert "damaged or written by someone else" in capsys.readouterr().err
    main(["scan", str(clean), *state])
    assert "same as when an earlier scan" in capsys.readouterr().out


def test_without_a_cache_nothing_is_kept(clean: Path, tmp_path: Path) -> None:
    main(["scan", str(clean), "--state", str(tmp_path / "state"), "--no-cache"])
    assert not (tmp_path / "state" / "seen").exists()


def test_a_scan_that_is_out_of_time_never_says_nothing_found(clean: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", str(clean), "--time-limit", "0.0000001", "--lang", "en"]) == 2
    out = capsys.readouterr().out
    assert "NOT CONCLUSIVE: " in out
    assert "it ended before it was done" in out
    assert "NOTHING FOUND" not in out


@pytest.mark.parametrize("limit", ["0", "-1", "nan", "inf", "x", "1e9"])
def test_a_senseless_time_limit_is_a_usage_error(clean: Path, limit: str) -> None:
    assert main(["scan", str(clean), f"--time-limit={limit}"]) == 1


def test_a_file_that_broke_the_matcher_off_is_never_called_free(
    clean: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_opener: object, candidate: Candidate, *_: object, **__: object) -> ScanIssue:
        return ScanIssue(candidate.path, Reason.CRASHED)

    monkeypatch.setattr("quetsach.endpoint.scanner.worker_pool.scan_file", broken)
    assert main(["scan", str(clean), "--lang", "en"]) == 2
    assert "NOT CONCLUSIVE: things that could not be read in full: 1" in capsys.readouterr().out


def test_a_file_too_large_is_named(clean: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (clean / "giant").open("wb") as file:
        file.truncate(5 << 30)
    assert main(["scan", str(clean), "--lang", "en"]) == 2
    out = capsys.readouterr().out
    assert f"{clean}/giant: too large" in out
    assert "NOT ALL COULD BE LOOKED AT: things too large or too deep: 1" in out


def test_every_file_is_listed(infected: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(infected / "pipe")
    path = tmp_path / "list"
    assert main(["scan", str(infected), "--list", str(path)]) == 10
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    states = {line["path"].removeprefix(str(infected)): line["state"] for line in lines}
    assert states["/pipe"] == "skipped"
    assert states["/srv/downloads/eicar.com"] == "scanned"
    assert path.stat().st_mode & 0o077 == 0


def test_a_list_never_goes_through_a_link(clean: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "target").write_text("precious")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    assert main(["scan", str(clean), "--list", str(tmp_path / "link")]) == 1
    assert (tmp_path / "target").read_text() == "precious"


def test_very_many_files_that_are_only_reported_for_one_reason_are_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "Windows/System32/config").mkdir(parents=True)
    (tmp_path / "Users/An/Documents").mkdir(parents=True)
    for number in range(1_030):
        encrypted = b"WANACRY!\0\1\0\0" + bytes(300)
        (tmp_path / f"Users/An/Documents/{number}.docx.WNCRY").write_bytes(encrypted)
    pack = ["--pack", str(SHELF / "wannacry"), "--full"]
    assert main(["scan", "--root", str(tmp_path), *pack]) == 10
    out = capsys.readouterr().out
    assert "PHÁT HIỆN 1.030 dấu vết" in out
    assert out.count(".docx.WNCRY\n") == 20
    assert "  ▲ … và 1.010 phát hiện nữa chỉ để báo cáo, cùng lý do: Tệp của bạn đã bị WannaCry mã hóa." in out


def test_what_was_chosen_not_to_be_looked_for_is_in_the_verdict(
    clean: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["scan", str(clean), "--lang", "en", "--pack", str(SHELF / "conficker")]) == 0
    verdict = capsys.readouterr().out.splitlines()[2]
    assert verdict.startswith("○ NOTHING FOUND of the 1 malware families looked for")
    assert "Of the families looked for, 1 are of other systems" in verdict
    assert "NOT LOOKED FOR: 17 other families: andromeda, archive-bomb, eicar" in verdict


def test_malware_of_windows_is_found_by_the_plain_command_and_only_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    share = tmp_path / "share"
    share.mkdir()
    [specimen] = specimens_of(SHELF / "wannacry", ["windows"])
    specimen.build(share)
    assert main(["scan", str(share), "--lang", "en"]) == 10
    out = capsys.readouterr().out
    assert f"file of Windows: {share}/Windows/mssecsvc.exe" in out
    assert "quetsach clean /" not in out
    [command] = re.findall(r"`(quetsach clean --root [^`]*)`", out)
    assert main(["clean", str(share), "--yes", "--lang", "en"]) == 10
    assert "it is malware of Windows" in capsys.readouterr().out
    assert (share / "Windows/mssecsvc.exe").exists()
    assert main([*shlex.split(command)[1:], "--yes"]) in {11, 13}
    assert not (share / "Windows/mssecsvc.exe").exists()


def test_a_folder_whose_name_would_steer_a_terminal_is_not_in_the_command_that_cleans_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    share = tmp_path / "share"
    hostile = share / "a\x1b]0;owned\x07\n✓ NOTHING FOUND"
    hostile.mkdir(parents=True)
    [specimen] = specimens_of(SHELF / "wannacry", ["windows"])
    specimen.build(hostile)
    report = ["--report", str(tmp_path / "report.json")]
    for command in ("scan", "clean --dry-run"):
        assert main([*command.split(), str(share), "--lang", "en", *report]) == 10
        out = capsys.readouterr().out
        assert not set("\x1b\x07") & set(out)
        assert "\n✓" not in out
        assert f"`quetsach clean --root {share} --system windows`" in out
        assert read_report(tmp_path / "report.json").elsewhere == (f"quetsach clean --root {share} --system windows",)


def test_each_disk_of_another_system_is_asked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drive, asked = tmp_path / "drive", []
    (drive / "autorun.inf").mkdir(parents=True)
    for number in range(5):
        specimens_of(SHELF / "wannacry", ["windows"])[0].build(drive / str(number))

    def opened(root: Path) -> Host:
        asked.append(root)
        return open_mounted(root)

    place = Mount(b"8:1", b"", bytes(drive))
    monkeypatch.setattr("quetsach.endpoint.host.live.mounts_now", lambda: (place,))
    monkeypatch.setattr("quetsach.endpoint.host.live.open_mounted", opened)
    assert main(["scan", str(drive), "--report", str(tmp_path / "report.json")]) == 10
    assert read_report(tmp_path / "report.json").elsewhere == (f"quetsach clean --root {drive}",)
    assert asked == [drive]


def test_nothing_looked_at_is_never_nothing_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    assert main(["scan", str(tmp_path / "empty")]) == 2
    out = capsys.readouterr().out
    assert "CHƯA KẾT LUẬN ĐƯỢC: không có tệp nào được xem" in out
    assert "✓" not in out


def test_what_lies_in_an_archive_with_a_password_leaves_the_verdict_open(
    clean: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    locked = bytearray(zip_of({"thư.txt": b"Kinh gui"}))
    locked[6] |= 1  # APPNOTE.TXT 4.4.4: bit 0, encrypted
    central = locked.index(b"PK\x01\x02")
    locked[central + 8] |= 1
    (clean / "locked.zip").write_bytes(locked)
    assert main(["scan", str(clean), "--lang", "en", "--list", str(tmp_path / "list")]) == 2
    out = capsys.readouterr().out
    assert "! NOTHING SEEN of" in out
    assert "NOT ALL COULD BE LOOKED AT: archives that could not be looked into completely: 1" in out
    assert "scan with --list FILE" in out
    assert '"reason": "encrypted"' in (tmp_path / "list").read_text()


def test_a_windows_without_its_settings_is_not_called_free(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "Windows/System32/config").mkdir(parents=True)
    (tmp_path / "Windows/notes.txt").write_text("Kính gửi")
    assert main(["scan", "--root", str(tmp_path), "--lang", "en"]) == 2
    out = capsys.readouterr().out
    assert "registry files that every Windows has are not there: 2" in out
    assert "/Windows/System32/config/SOFTWARE: every Windows has this file" in out


def test_the_reach_is_in_the_report(clean: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", str(clean), "--json"]) == 0
    seen = json.loads(capsys.readouterr().out)["scan"]
    assert seen["conclusion"] == "nothing-found"
    assert seen["gaps"] == {}
    assert "wannacry" in seen["reach"]["by_content"]
    assert {"mozi", "eicar"} <= set(seen["reach"]["families"])
    assert seen["reach"]["left_out"] == []
    assert (seen["reach"]["processes"], seen["reach"]["archives"]) == ("none", "whole")
