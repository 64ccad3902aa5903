"""The demonstration campaign from end to end: simulated, taken in, assessed by the commands."""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.centre import prepared

from quetsach.assess import AssessError
from quetsach.centre.baseline import count_baseline, freeze_baseline
from quetsach.centre.tables import load_campaign
from quetsach.cli.main import build_parser
from quetsach.lake.lake import Lake

Run = Callable[..., int]

OF_2020 = ("--campaign", "viet-nam-2020")


def _run(*words: object) -> int:
    parser = build_parser()
    arguments = parser.parse_args(["center", *(str(word) for word in words)])
    return int(arguments.run(arguments))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole campaign at 1:100 in a lake, that of the demonstration which is made once in a run."""
    folder = tmp_path_factory.mktemp("campaign")
    (folder / "data").mkdir()
    (prepared(tmp_path_factory, "demonstration", demonstration=True) / "lake").rename(folder / "data" / "lake")
    view, plan = Lake(folder / "data" / "lake").view(), load_campaign("viet-nam-2020", folder)
    count = count_baseline(view, plan, expected=["shadowserver/event4_sinkhole"], accepts_gaps=False)
    now = datetime(2026, 11, 1, tzinfo=UTC)
    freeze_baseline(folder / "data", count, reason="test", asked_by="An", agreed_by="Bình", now=now)
    return folder / "data"


def test_the_demonstration_took_in_what_the_command_simulates(data: Path, tmp_path: Path) -> None:
    assert _run("simulate", "viet-nam-2020", "--out", tmp_path / "feeds") == 0
    files = sorted((tmp_path / "feeds").iterdir())
    assert len(files) == 288
    taken = {delivery.sha256: delivery for delivery in Lake(data / "lake").view().deliveries()}
    assert taken.keys() == {hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
    assert all(delivery.accepted == delivery.records > 0 for delivery in taken.values())


@pytest.fixture
def targets(data: Path, capsys: pytest.CaptureFixture[str]) -> dict:
    _run("assess", "targets", "--campaign", "viet-nam-2020", "--data", data, "--json")
    return json.loads(capsys.readouterr().out)


def test_the_three_published_changes_come_out(targets: dict) -> None:
    changes = {window["id"]: window["change_percent"] for window in targets["windows"]}
    assert (changes["close"], changes["january-2021"], changes["february-2021"]) == (-47.8, -50.1, -54.5)


def test_the_baseline_is_warned_of(targets: dict) -> None:
    (percent,) = (one["percent"] for one in targets["warnings"] if one["code"] == "baseline-above-previous-year")
    assert percent == 66


def test_every_window_counts_the_published_figure_to_scale(targets: dict) -> None:
    for window in (targets["baseline"] | {"addresses": targets["baseline"]["value"]}, *targets["windows"]):
        assert window["addresses"] == round(window["published_addresses"] / 100)


@pytest.mark.parametrize(("language", "heading"), [("vi", "theo số công bố"), ("en", "from published figures")])
def test_figures_of_others_some_of_them_derived_are_not_all_called_published(
    data: Path, capsys: pytest.CaptureFixture[str], language: str, heading: str
) -> None:
    assert _run("assess", "targets", "--campaign", "viet-nam-2020", "--data", data, "--lang", language) == 0
    assert heading in capsys.readouterr().out


def test_no_verdict_is_given(targets: dict) -> None:
    assert {target["verdict"] for target in targets["targets"]} == {None}
    assert "no verdict" in targets["verdict_note"]["en"]


def test_assessing_writes_no_baseline_and_names_the_frozen_one_by_its_seal(data: Path, targets: dict) -> None:
    path = data / "campaigns" / "viet-nam-2020" / "baseline.json"
    before = path.read_bytes()
    _run("assess", "targets", "--campaign", "viet-nam-2020", "--data", data)
    assert path.read_bytes() == before
    assert json.loads(before)["sha256"] == targets["baseline"]["sha256"]


def test_a_baseline_changed_by_hand_is_refused(data: Path, targets: dict) -> None:
    path = data / "campaigns" / "viet-nam-2020" / "baseline.json"
    before = path.read_bytes()
    path.write_bytes(before.replace(b"20145", b"30145"))
    try:
        with pytest.raises(AssessError, match="was changed"):
            _run("assess", "targets", "--campaign", "viet-nam-2020", "--data", data)
    finally:
        path.write_bytes(before)


def test_a_window_asked_for_is_compared_alone(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _run(
        "assess",
        "targets",
        "--campaign",
        "viet-nam-2020",
        "--from",
        "2020-11-01",
        "--to",
        "2020-11-30",
        "--data",
        data,
        "--json",
    )
    (window,) = json.loads(capsys.readouterr().out)["windows"]
    assert window["change_percent"] == -47.8


def test_an_unequal_window_is_refused(data: Path) -> None:
    with pytest.raises(AssessError, match="unequal windows"):
        _run(
            "assess",
            "targets",
            "--campaign",
            "viet-nam-2020",
            "--from",
            "2020-11-01",
            "--to",
            "2020-12-15",
            "--data",
            data,
        )


def test_families_stand_in_the_printed_order(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _run("assess", "botnets", "--from", "2020-06-16", "--to", "2020-07-15", "--data", data, "--json")
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [row["id"] for row in rows[:9]] == [
        "andromeda",
        "iot-botnet",
        "gamut",
        "conficker",
        "wannacry",
        "lethic",
        "necurs",
        "extortion",
        "sality",
    ]


def test_families_add_up_to_the_country_where_an_address_has_one(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _run("assess", "botnets", "--from", "2020-06-16", "--to", "2020-07-15", "--data", data, "--json")
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert sum(row["window-addresses"] for row in rows) == 20145


def test_providers_carry_their_rate(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _run("assess", "isps", "--from", "2020-06-16", "--to", "2020-07-15", "--data", data, "--json")
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [row["id"] for row in rows[:3]] == ["vnpt", "viettel", "fpt"]
    assert all(row["addresses-per-thousand-announced"] > 0 for row in rows)


def test_all_63_provinces_and_the_unknown_are_counted(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _run("assess", "places", "--from", "2020-06-16", "--to", "2020-07-15", "--data", data, "--csv")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "rank,id,name,mean-daily-addresses,share"
    assert len(lines) == 1 + 63 + 1
    assert lines[-1].startswith(",unknown,Không rõ,")


def test_the_table_for_people_says_how_it_was_counted(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _run("assess", "targets", "--campaign", "viet-nam-2020", "--data", data)
    text = capsys.readouterr().out
    assert "\u221247,8%" in text
    assert "Lưu ý: Mốc so sánh cao hơn 66%" in text
    assert "Địa chỉ trong cả kỳ:" in text
    _run("assess", "isps", "--data", data, "--lang", "en")
    assert "An IP address is not a computer." in " ".join(capsys.readouterr().out.split())
