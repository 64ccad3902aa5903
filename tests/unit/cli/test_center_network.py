import gzip
import json
from pathlib import Path

import pytest
from tests.centre import lay_out

from quetsach.cli.center import publication
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
    assert json.loads(capsys.readouterr().out)["version"] == "2026-11-01"
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
    _run("import", str(tmp_path / "t.csv"), "--data", str(tmp_path))
    assert counted == [tmp_path]


def test_two_files_make_one_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    four, six = (tmp_path / "4.csv", tmp_path / "6.csv")
    four.write_bytes(TABLE.splitlines()[0])  # no line end
    six.write_bytes(TABLE.splitlines()[1])
    _run("import", str(four), str(six), "--version", "2026-11-02", "--data", str(tmp_path), "--json")
    assert json.loads(capsys.readouterr().out)["stretches"] == 5


def test_the_newest_of_two_imports_is_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(TABLE)
    for day in ("2026-11-02", "2026-11-01"):
        _run("import", str(path), "--version", day, "--data", str(tmp_path))
    assert "the newer one of 2026-11-02 stays in use" in capsys.readouterr().out
    _run("lookup", "8.8.8.8", "--data", str(tmp_path), "--json")
    assert json.loads(capsys.readouterr().out)["network_version"].startswith("2026-11-02.")


def test_a_folder_that_cannot_be_written_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(TABLE)
    with pytest.raises(InputError, match="Not a directory"):
        _run("import", str(path), "--data", str(path))


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
