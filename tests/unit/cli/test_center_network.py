import gzip
import json
from pathlib import Path

import pytest
from tests.centre import lay_out

from quetsach.centre.address_tables import FORMS
from quetsach.cli.center import publication
from quetsach.cli.center.arguments import measure
from quetsach.cli.main import build_parser
from quetsach.core.errors import InputError, QuetsachError
from quetsach.network import NetworkError

TABLE = b"8.8.8.0,8.8.8.255,15169,Google LLC\n2001:4860::,2001:4860:ffff:ffff:ffff:ffff:ffff:ffff,15169,Google LLC\n"


def _run(*words: str) -> int:
    parser = build_parser()
    arguments = parser.parse_args(["center", "network", *words])
    return int(arguments.run(arguments))


def test_the_bundled_table_answers_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("lookup", "14.160.0.1", "--data", str(tmp_path), "--day", "2020-06-16", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["asn"], found["isp"], found["first"]) == (45899, "vnpt", "14.160.0.0")


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_an_imported_table_is_used_from_then_on(tmp_path: Path, pack, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "asn-2026-11-01.csv"
    path.write_bytes(pack(TABLE))
    _run("import", str(path), "--data", str(tmp_path / "data"), "--json")
    assert json.loads(capsys.readouterr().out)["valid_from"] == "2026-11-01"
    _run("lookup", "8.8.8.8", "--data", str(tmp_path / "data"), "--json")
    found = json.loads(capsys.readouterr().out)
    assert (found["asn"], found["isp"]) == (15169, "AS15169")
    assert found["network_version"].startswith("2026-11-01.")


def test_figures_follow_an_imported_table_without_waiting_for_a_delivery(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[Path] = []
    monkeypatch.setattr(publication, "publish_figures", lambda data, _now: counted.append(data))
    lay_out(tmp_path)
    (tmp_path / "t.csv").write_bytes(TABLE)
    _run("import", str(tmp_path / "t.csv"), "--valid-from", "2026-11-01", "--data", str(tmp_path))
    assert counted == [tmp_path]


def test_two_files_make_one_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    four, six = (tmp_path / "4.csv", tmp_path / "6.csv")
    four.write_bytes(TABLE.splitlines()[0])  # no line end
    six.write_bytes(TABLE.splitlines()[1])
    _run("import", str(four), str(six), "--valid-from", "2026-11-02", "--data", str(tmp_path), "--json")
    assert json.loads(capsys.readouterr().out)["stretches"] == 5


def test_the_newest_of_two_imports_is_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(TABLE)
    for day in ("2026-11-02", "2026-11-01"):
        _run("import", str(path), "--valid-from", day, "--data", str(tmp_path))
    assert "from that day on, before 2026-11-02" in capsys.readouterr().out
    _run("lookup", "8.8.8.8", "--data", str(tmp_path), "--json")
    assert json.loads(capsys.readouterr().out)["network_version"].startswith("2026-11-02.")


def test_a_folder_that_cannot_be_written_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(TABLE)
    with pytest.raises(InputError, match="Not a directory"):
        _run("import", str(path), "--valid-from", "2026-11-01", "--data", str(path))


def test_a_damaged_file_leaves_the_former_table_in_use(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(TABLE + b"nonsense\n")
    with pytest.raises(NetworkError) as refused:
        _run("import", str(path), "--data", str(tmp_path))
    assert refused.value.where == "t.csv:3"
    assert not (tmp_path / "network").exists()


@pytest.mark.parametrize("content", [gzip.compress(TABLE, mtime=0)[:-9], b"\x1f\x8bnot gzip at all"])
def test_a_damaged_gzip_stream_is_explained(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "t.csv.gz"
    path.write_bytes(content)
    with pytest.raises(InputError):
        _run("import", str(path), "--data", str(tmp_path))


def test_a_stored_table_that_rotted_is_explained(tmp_path: Path) -> None:
    (tmp_path / "network").mkdir()
    (tmp_path / "network" / "ranges-2026-11-01.parquet").write_bytes(b"PAR1 rotten")
    with pytest.raises(QuetsachError, match="cannot be read"):
        _run("lookup", "8.8.8.8", "--data", str(tmp_path))


def test_what_is_no_address_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        _run("lookup", "14.160.0.1/24", "--data", str(tmp_path))


def test_a_table_that_says_no_day_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(TABLE)
    with pytest.raises(InputError, match="of which day") as refused:
        _run("import", str(tmp_path / "t.csv"), "--data", str(tmp_path))
    assert "--valid-from" in str(refused.value.hint)


def test_a_lookup_asks_the_table_of_its_day(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for day, asn in (("2026-10-01", b"64496"), ("2026-11-01", b"64497")):
        (tmp_path / "t.csv").write_bytes(b"8.8.8.0,8.8.8.255," + asn + b",x\n")
        _run("import", str(tmp_path / "t.csv"), "--valid-from", day, "--data", str(tmp_path))
    capsys.readouterr()
    found = []
    for day in ("2026-10-31", "2026-11-01"):
        _run("lookup", "8.8.8.8", "--day", day, "--data", str(tmp_path), "--json")
        found.append(json.loads(capsys.readouterr().out)["asn"])
    assert found == [64496, 64497]


def test_the_tables_are_listed_with_those_that_came_along(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "t.csv").write_bytes(TABLE)
    (tmp_path / "c.csv").write_bytes(b"8.8.8.0,8.8.8.255,US\n")
    _run("import", str(tmp_path / "t.csv"), "--valid-from", "2026-11-01", "--data", str(tmp_path))
    form = ("--form", "country-csv", "--valid-from", "2026-11-02")
    _run("import", str(tmp_path / "c.csv"), *form, "--data", str(tmp_path))
    capsys.readouterr()
    _run("list", "--data", str(tmp_path), "--json")
    tables = json.loads(capsys.readouterr().out)["tables"]
    assert [(t["valid_from"], t["is_own"], t["is_of_countries"]) for t in tables][-2:] == [
        ("2026-11-01", True, False),
        ("2026-11-02", True, True),
    ]
    assert not tables[0]["is_own"]
    assert tables[-1]["ipv4_addresses"] == 256


def test_what_moved_between_two_tables_is_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = {
        "2026-10-01": b"8.8.8.0,8.8.8.255,1,a\n9.0.0.0,9.0.0.9,2,b\n10.0.0.0,10.0.0.3,5,e\n",
        "2026-11-01": b"8.8.8.0,8.8.8.127,1,a\n8.8.8.128,8.8.8.255,3,c\n9.0.1.0,9.0.1.1,2,b\n10.0.0.0,10.0.0.3,5,e\n",
    }
    for day, content in rows.items():
        (tmp_path / "t.csv").write_bytes(content)
        _run("import", str(tmp_path / "t.csv"), "--valid-from", day, "--data", str(tmp_path))
    capsys.readouterr()
    _run("compare", *rows, "--data", str(tmp_path), "--json")
    found = json.loads(capsys.readouterr().out)
    assert [found[name] for name in ("same", "moved", "announced", "withdrawn")] == [132, 128, 2, 10]
    assert found["moves"][0] == {"before": 1, "after": 3, "addresses": 128}
    _run("compare", *rows, "--data", str(tmp_path))
    assert "AS1 a" in capsys.readouterr().out


def test_every_form_can_be_asked_for() -> None:
    assert set(measure._ADDRESS_FORMS) == set(FORMS)
