"""``center assess hosts`` and ``center lake``: what is printed, and what is refused."""

import csv
import io
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from bench.leases import Seen, watch
from bench.regimes import Regime, play
from tests.centre import lay_out
from tests.unit.lake.test_calibrated_hosts import lake_of, worlds_of
from tests.unit.lake.test_hosts import FIRST, SMALL, ingest

from quetsach.cli.main import build_parser
from quetsach.core.errors import InputError
from quetsach.lake.lake import Lake

WINDOW = ("--from", "2020-06-01", "--to", "2020-06-14")


def run(*words: object) -> int:
    parser = build_parser()
    arguments = parser.parse_args(["center", *(str(word) for word in words)])
    return int(arguments.run(arguments))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("centre")
    ingest(Lake(folder / "lake"), watch(SMALL, np.random.default_rng(3)))
    return folder


@pytest.fixture
def own(data: Path, tmp_path: Path) -> Path:
    """A copy to change."""
    return Path(shutil.copytree(data, tmp_path / "centre"))


def test_the_table_says_machines_and_what_they_mean(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("assess", "hosts", *WINDOW, "--data", data, "--lang", "vi") == 0
    out = capsys.readouterr().out
    for text in ("máy trực tuyến", "Mirai", "Cả nước", "Máy nhiễm đang trực tuyến:", "14 ngày có dữ liệu"):
        assert text in out


def test_an_interval_that_nothing_was_learned_for_is_called_an_assumption(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("assess", "hosts", *WINDOW, "--data", data, "--lang", "vi")
    out = " ".join(capsys.readouterr().out.split())
    assert "giả định dựa trên mô phỏng, coi sau mỗi địa chỉ chỉ có một máy" in out
    run("assess", "hosts", *WINDOW, "--data", data, "--json")
    told = json.loads(capsys.readouterr().out)["assumed"]
    assert "mirai" in told["rows"]
    assert "one machine behind each address" in told["text"]["en"]


def test_a_calibrated_interval_says_on_which_machines_it_stands(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lake_of(tmp_path / "lake", worlds_of(4))
    asked = ("assess", "hosts", "--from", "2020-06-01", "--to", "2020-06-28", "--data", tmp_path)
    run(*asked, "--lang", "en")
    out = " ".join(capsys.readouterr().out.split())
    assert "machines with bot IDs of AS1, AS2, AS3, AS4" in out
    assert "one machine behind each address. If every" not in out
    run(*asked, "--json")
    [told] = json.loads(capsys.readouterr().out)["calibrated"]
    assert (told["family"], told["networks"]) == ("mirai", [1, 2, 3, 4])
    assert told["machines"] > 100
    run(*asked, "--by", "province", "--lang", "en")
    assert "machines with bot IDs of AS" not in capsys.readouterr().out


def _stands_on(capsys: pytest.CaptureFixture[str], *asked: object) -> dict[str, str]:
    """Return what the interval of each line stands on, which CSV and JSON spell alike."""
    run(*asked, "--csv")
    rows = {row["id"]: row["interval_stands_on"] for row in csv.DictReader(io.StringIO(capsys.readouterr().out))}
    run(*asked, "--json")
    told = json.loads(capsys.readouterr().out)
    lines = {row["id"] or "total": row["interval_stands_on"] or "" for row in (*told["rows"], told["total"])}
    assert rows == lines
    return rows


def test_files_say_of_each_line_whether_its_interval_is_calibrated(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lake_of(tmp_path / "lake", worlds_of(4))
    asked = ("assess", "hosts", "--from", "2020-06-01", "--to", "2020-06-28", "--data", tmp_path)
    assert _stands_on(capsys, *asked) == {"mirai": "calibrated", "total": "calibrated"}
    by_province = _stands_on(capsys, *asked, "--by", "province")
    assert by_province == {"01": "assumed", "total": "calibrated"}
    assert _stands_on(capsys, "assess", "hosts", *WINDOW, "--data", data) == {"mirai": "assumed", "total": "assumed"}
    unseen = ("--family", "necurs")
    assert _stands_on(capsys, "assess", "hosts", *WINDOW, *unseen, "--data", data) == {"total": ""}


def test_what_cannot_be_counted_says_why(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("assess", "hosts", "--from", "2020-06-01", "--to", "2020-06-01", "--data", data, "--lang", "en") == 0
    run("assess", "hosts", *WINDOW, "--family", "necurs", "--data", data, "--lang", "en")
    out = capsys.readouterr().out
    assert "not countable" in out
    assert "Whole country: There are no data" in out


def test_json_has_the_basis_the_refusals_and_the_comparison(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--from", "2020-06-08", "--to", "2020-06-14", "--against", "2020-06-01..2020-06-07")
    run("assess", "hosts", *words, "--by", "isp", "--data", data, "--json")
    told = json.loads(capsys.readouterr().out)
    assert told["basis"]["days"] == 7
    assert {row["id"] for row in told["rows"]} == {"vnpt", "viettel"}
    assert told["total"]["machines_online"]["value"] > 0
    assert "machines_online" in told["comparison"]["reduction_percent"]


def test_csv_has_a_line_for_each_row_and_the_total(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("assess", "hosts", *WINDOW, "--data", data, "--csv")
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["id"] for row in rows] == ["mirai", "total"]
    assert float(rows[0]["low"]) < float(rows[0]["machines_online"]) < float(rows[0]["high"])


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Several machines behind an address, in two families."""
    folder = tmp_path_factory.mktemp("shared")
    seen = play(Regime(machines=120, shared=0.7, per_address=4), np.random.default_rng(2))
    kept = seen.hour < 336
    part = Seen(seen.address[kept], seen.hour[kept], seen.address[kept], 0, 0, 14)
    ingest(Lake(folder / "lake"), part, spelling=lambda address, _hour: "necurs" if address % 2 else "mirai")
    return folder


def test_a_range_stands_where_there_is_no_number(shared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("assess", "hosts", *WINDOW, "--data", shared, "--csv")
    for row in csv.DictReader(io.StringIO(capsys.readouterr().out)):
        assert row["machines_online"] == ""
        if row["id"] != "total":
            assert row["refused"] == "uneven-rates"
            assert 0 < float(row["low"]) < float(row["high"])
    run("assess", "hosts", *WINDOW, "--data", shared, "--lang", "vi")
    out = capsys.readouterr().out
    assert "không đếm được" in out
    assert "dùng chung một địa chỉ" in " ".join(out.split())


def test_families_added_up_are_called_infections(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ingest(Lake(tmp_path / "lake"), watch(SMALL, np.random.default_rng(3)))
    ingest(Lake(tmp_path / "lake"), watch(SMALL, np.random.default_rng(4)), spelling=lambda _address, _hour: "necurs")
    run("assess", "hosts", *WINDOW, "--data", tmp_path, "--lang", "vi")
    out = " ".join(capsys.readouterr().out.split())
    assert "Cả nước (cộng các họ: ca nhiễm)" in out
    assert "Số máy nhiễm ít nhất một họ: khoảng" in out
    run("assess", "hosts", *WINDOW, "--by", "isp", "--data", tmp_path, "--lang", "en")
    assert "infections on line" in capsys.readouterr().out
    run("assess", "hosts", *WINDOW, "--data", data, "--lang", "vi")
    assert "ca nhiễm)" not in capsys.readouterr().out


@pytest.mark.parametrize("rate", ["mirai", "mirai=0", "=2", "mirai=often", "mirai=inf"])
def test_a_rate_is_a_family_and_a_number(data: Path, rate: str) -> None:
    with pytest.raises(InputError, match="not a rate"):
        run("assess", "hosts", *WINDOW, "--rate", rate, "--data", data)


def test_a_folder_without_a_centre_is_refused_with_advice(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not hold the data of a centre") as refused:
        run("assess", "hosts", "--data", tmp_path)
    assert "--data" in str(refused.value.hint)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_lake_is_refused_with_advice(tmp_path: Path) -> None:
    lay_out(tmp_path)
    with pytest.raises(InputError) as refused:
        run("assess", "hosts", "--data", tmp_path)
    assert "ingest" in str(refused.value.hint)


def test_roll_ups_are_made_again_and_a_mended_one_is_an_error(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("lake", "rebuild", "--data", own, "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"made": 14, "mended": 0, "expired": 0}
    next((own / "lake" / "rollups").glob("*/*.clock.json")).unlink()
    assert run("lake", "rebuild", "--data", own, "--lang", "en") == 1
    assert "1 of them had to be mended" in capsys.readouterr().out


def test_old_sightings_expire_when_they_are_told_to(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    age = (datetime.now(UTC).date() - FIRST).days
    assert run("lake", "expire", "--days", age - 3, "--dry-run", "--data", own, "--lang", "en") == 0
    assert "of 3 days would be deleted" in capsys.readouterr().out
    run("lake", "expire", "--days", age - 3, "--data", own, "--json")
    told = json.loads(capsys.readouterr().out)
    assert (told["days"], told["is_deleted"]) == (3, True)
    run("lake", "expire", "--days", age - 3, "--data", own, "--lang", "vi")
    assert "Không có lượt ghi nhận nào" in capsys.readouterr().out
    assert run("assess", "hosts", *WINDOW, "--data", own) == 0


def test_what_somebody_still_reads_is_not_said_to_be_deleted(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    age = (datetime.now(UTC).date() - FIRST).days
    before = sorted(own.glob("lake/sightings/*/*"))
    with Lake(own / "lake").view():
        run("lake", "expire", "--days", age - 3, "--data", own, "--lang", "vi")
        assert "chưa xóa được" in capsys.readouterr().out
        assert sorted(own.glob("lake/sightings/*/*")) == before
    run("lake", "compact", "--data", own)
    assert len(list(own.glob("lake/sightings/*/*"))) == len(before) - 3


def test_sightings_are_kept_for_a_day_at_least(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        run("lake", "expire", "--days", "0", "--data", tmp_path)
