"""The registered panel of a campaign, counted from the lake."""

import csv
import io
import json
import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from quetsach.assess.effect import Design, Method, analyse, read_panel
from quetsach.assess.effect.finding import Finding
from quetsach.assess.effect.power_simulation import Noise
from quetsach.assess.effect.registration import PanelPlan, Registration, seal
from quetsach.assess.effect.roll_out import RollOut
from quetsach.centre.centre import Centre
from quetsach.centre.panel import CampaignPanel, campaign_panel, noise_in_lake
from quetsach.centre.registered import kept_flow, read_registered, registered, registration_key
from quetsach.centre.tables import load_network_tables
from quetsach.cli.main import build_parser
from quetsach.core.errors import InputError, QuetsachError
from quetsach.core.period import Period
from quetsach.lake.lake import Lake
from quetsach.lake.weekly import Cell, WeekMeasure, Weeks, weeks

FIRST, WEEKS = date(2024, 4, 1), 10
STEPS = (
    ("Hà Nội", "Hải Phòng", "Cao Bằng", "Lào Cai", "Nghệ An", "Thanh Hóa"),
    ("Đà Nẵng", "79", "An Giang", "Cà Mau", "Lâm Đồng", "Can Tho"),
)
BEGINS = (FIRST + timedelta(weeks=4), FIRST + timedelta(weeks=7))
MADE = datetime(2024, 3, 1, tzinfo=UTC)


def register_plan(data: Path, *, network: str, steps: tuple[tuple[str, ...], ...] = STEPS) -> Registration:
    order = RollOut("trial", "seed of nobody", BEGINS[0], 21, is_by_size=False, steps=steps, drawn_at=MADE)
    made = Registration(
        campaign="trial",
        start=BEGINS[0],
        before=Period(FIRST, BEGINS[0] - timedelta(days=1)),
        after=Period(FIRST + timedelta(weeks=WEEKS - 4), FIRST + timedelta(weeks=WEEKS, days=-1)),
        design=Design(Method.WEDGE, dummies=2),
        target=0.5,
        controls=(),
        feeds=("plain/sightings",),
        families=(("sality", 1.0),),
        network=network,
        order=steps,
        roll_out=order.digest,
        registered_at=MADE,
        panel=PanelPlan("botnet-addresses"),
    )
    folder = data / "campaigns" / "trial"
    folder.mkdir(parents=True, exist_ok=True)
    sign_plan(made, folder / "registration.json", registration_key(data / "campaigns" / "keys", lambda _asked: ""))
    (folder / "roll-out.json").write_bytes(order.to_json())
    return made


def sign_plan(registration: Registration, path: Path, key: Ed25519PrivateKey) -> None:
    path.write_bytes(seal(registration, public_key=key.public_key().public_bytes_raw(), sign=key.sign))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve provinces, each with some 40 addresses a day, half of them from its own beginning on."""
    folder = tmp_path_factory.mktemp("centre")
    chance, lines = random.Random(5), ["timestamp,address,malware,region"]
    for step, begin in zip(STEPS, BEGINS, strict=True):
        for unit in step:
            for day in (FIRST + timedelta(days=n) for n in range(7 * WEEKS)):
                for _ in range(40 + chance.randrange(-3, 4) if day < begin else 20 + chance.randrange(-2, 3)):
                    address = f"123.{16 + chance.randrange(8)}.{chance.randrange(256)}.{chance.randrange(256)}"
                    region = {"79": "Hồ Chí Minh", "Can Tho": "Cần Thơ"}.get(unit, unit)
                    lines.append(f"{day} {chance.randrange(24):02}:00:00,{address},sality,{region}")
    feed = folder / "sightings.csv"
    feed.write_text("\n".join(lines) + "\n", "utf-8")
    _run("ingest", feed, "--feed", "plain", "--data", folder)
    register_plan(folder, network=load_network_tables(folder).version)
    return folder


@pytest.fixture(scope="module")
def panel(data: Path) -> CampaignPanel:
    registration = registered(data / "campaigns" / "trial")
    assert registration is not None
    return campaign_panel(registration, Centre(data), Lake(data / "lake").view())


def _run(*words: object) -> int:
    parser = build_parser()
    arguments = parser.parse_args(["center", *(str(word) for word in words)])
    return int(arguments.run(arguments))


def test_each_unit_has_every_whole_week_and_is_treated_from_its_own_beginning(panel: CampaignPanel) -> None:
    rows = list(csv.DictReader(io.StringIO(panel.content.decode())))
    assert len(rows) == 12 * WEEKS
    for unit, begin in ((unit, begin) for step, begin in zip(STEPS, BEGINS, strict=True) for unit in step):
        own = [row for row in rows if row["unit"] == unit]
        assert [row["treated"] for row in own] == [str(int(FIRST + timedelta(weeks=n) >= begin)) for n in range(WEEKS)]
        assert all(15 < float(row["outcome"]) < 45 for row in own)


def test_the_weeks_so_far_tell_the_noise_of_a_plan(data: Path, tmp_path: Path) -> None:
    """Here they hold the cut of an earlier campaign, which is noise to a later one."""
    (tmp_path / "lake").symlink_to(data / "lake")
    ours = register_plan(tmp_path, network="x")
    order = RollOut("trial", "seed of nobody", date(2024, 7, 1), 21, is_by_size=False, steps=STEPS, drawn_at=MADE)
    (tmp_path / "campaigns/trial/roll-out.json").write_bytes(order.to_json())
    draft = replace(
        ours,
        start=date(2024, 7, 1),
        before=Period(date(2024, 6, 3), date(2024, 6, 30)),
        after=Period(date(2024, 9, 2), date(2024, 9, 29)),
        roll_out=order.digest,
        registered_at=datetime(2024, 6, 12, tzinfo=UTC),
    )
    units = tuple(unit for step in STEPS for unit in step)
    noise = noise_in_lake(Centre(tmp_path), draft, units)
    assert isinstance(noise, Noise)
    assert len(noise.deviation) == 12
    assert 0.05 < noise.typical < 0.5
    assert noise_in_lake(Centre(tmp_path / "campaigns"), draft, units) is None


def test_a_cut_by_half_is_found_again(panel: CampaignPanel) -> None:
    found = analyse(read_panel(panel.content, where="panel.csv"), Design(Method.WEDGE))
    assert isinstance(found, Finding)
    assert found.reduction is not None
    assert found.reduction.low < 0.5 < found.reduction.high
    assert found.reduction.high - found.reduction.low < 0.1
    assert panel.origin.departed == ()


def _judged(data: Path, file: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    signed = data / "campaigns/trial/registration.json"
    capsys.readouterr()
    _run("assess", "effect", "--panel", file, "--registration", signed, "--data", data, "--json")
    told: dict[str, object] = json.loads(capsys.readouterr().out)["verdict"]
    return told


def test_the_registered_panel_alone_has_a_verdict(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], panel: CampaignPanel
) -> None:
    """The registration counts machines; these feeds were seen once an hour at most, so that addresses are counted."""
    (tmp_path / "panel.csv").write_bytes(panel.content)
    if panel.measure is WeekMeasure.MACHINES:
        assert _judged(data, tmp_path / "panel.csv", capsys)["verdict"] == "not-decided"
    else:
        told = _judged(data, tmp_path / "panel.csv", capsys)
        assert [reason["code"] for reason in told["reasons"]] == ["another-panel"]  # type: ignore[attr-defined]


def test_the_flow_is_that_of_the_registered_order_alone(data: Path, tmp_path: Path, panel: CampaignPanel) -> None:
    registration = register_plan(tmp_path, network="x")
    folder, read = tmp_path / "campaigns/trial", read_panel(panel.content, where="panel.csv")
    flow = kept_flow(folder, registration, read)
    assert flow is not None
    assert [(step.first, step.units, step.analysed, step.kept) for step in flow.steps] == [
        (begin, 6, 6, None) for begin in BEGINS
    ]
    assert kept_flow(folder, replace(registration, roll_out="0" * 64), read) is None
    (folder / "roll-out.json").unlink()
    assert kept_flow(folder, registration, read) is None


def test_the_answer_tells_what_became_of_the_order(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], panel: CampaignPanel
) -> None:
    (tmp_path / "panel.csv").write_bytes(panel.content)
    lines = [f"{unit},{begin},x,2024-06-09" for step, begin in zip(STEPS, BEGINS, strict=True) for unit in step]
    lines[0] = f"{STEPS[0][0]},,x,2024-06-09"
    (tmp_path / "starts.csv").write_text("unit,started,source,noted\n" + "\n".join(lines))
    register_plan(tmp_path, network=load_network_tables(data).version)
    (tmp_path / "lake").symlink_to(data / "lake")
    _run("assess", "fidelity", "trial", "--record", tmp_path / "starts.csv", "--data", tmp_path)
    signed = tmp_path / "campaigns/trial/registration.json"
    words = ("assess", "effect", "--panel", tmp_path / "panel.csv", "--registration", signed, "--data", tmp_path)
    capsys.readouterr()
    _run(*words, "--json")
    told = json.loads(capsys.readouterr().out)["fidelity"]
    assert [step["never"] for step in told["steps"]] == [1, 0]
    assert 0.7 < told["effect_seen"] < 0.99
    _run(*words, "--lang", "vi")
    assert "Phân tích theo ngày đã rút thấy khoảng" in capsys.readouterr().out


@pytest.mark.parametrize("is_put_in_place", [False, True])
def test_a_registration_that_somebody_else_signed_is_a_departure(
    data: Path, tmp_path: Path, *, is_put_in_place: bool
) -> None:
    """Made after the fact, with a key of one's own, a target that was met, and a day long ago."""
    ours = register_plan(tmp_path, network=load_network_tables(data).version)
    (tmp_path / "lake").symlink_to(data / "lake")
    path = tmp_path / ("campaigns/trial/registration.json" if is_put_in_place else "made-today.json")
    sign_plan(replace(ours, target=0.3), path, Ed25519PrivateKey.generate())
    made = campaign_panel(read_registered(path), Centre(tmp_path), Lake(tmp_path / "lake").view())
    assert [notice.code for notice in made.origin.departed] == ["registration-of-another"]


def test_another_registration_of_our_own_key_than_the_one_that_was_kept_is_a_departure(
    data: Path, tmp_path: Path
) -> None:
    ours = register_plan(tmp_path, network=load_network_tables(data).version)
    (tmp_path / "lake").symlink_to(data / "lake")
    made = campaign_panel(replace(ours, target=0.3), Centre(tmp_path), Lake(tmp_path / "lake").view())
    assert [notice.code for notice in made.origin.departed] == ["registration-of-another"]


def test_an_order_that_begins_before_the_registered_start_is_refused(data: Path, tmp_path: Path) -> None:
    ours = register_plan(tmp_path, network=load_network_tables(data).version)
    (tmp_path / "lake").symlink_to(data / "lake")
    late = replace(ours, start=BEGINS[0] + timedelta(days=7))
    with pytest.raises(QuetsachError, match="before the start"):
        campaign_panel(late, Centre(tmp_path), Lake(tmp_path / "lake").view())


def test_a_panel_with_one_figure_changed_is_another_panel(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], panel: CampaignPanel
) -> None:
    (tmp_path / "panel.csv").write_bytes(panel.content.replace(b",0\n", b"1,0\n", 1))
    told = _judged(data, tmp_path / "panel.csv", capsys)
    assert "another-panel" in {reason["code"] for reason in told["reasons"]}  # type: ignore[attr-defined]


def test_other_address_tables_than_the_registered_ones_are_a_departure(data: Path, tmp_path: Path) -> None:
    registration = register_plan(tmp_path, network="another")
    (tmp_path / "lake").symlink_to(data / "lake")
    assert [
        n.code for n in campaign_panel(registration, Centre(tmp_path), Lake(tmp_path / "lake").view()).origin.departed
    ] == ["departs-in-network"]


def test_a_unit_that_is_no_province_is_named(data: Path, tmp_path: Path) -> None:
    steps = (("Hà Nội", "Atlantis", *STEPS[0][2:]), STEPS[1])
    registration = register_plan(tmp_path, network="x", steps=steps)
    with pytest.raises(InputError, match="Atlantis"):
        campaign_panel(registration, Centre(tmp_path), Lake(tmp_path / "lake").view())


def test_another_order_than_the_registered_one_is_refused(data: Path, tmp_path: Path) -> None:
    registration = register_plan(tmp_path, network="x")
    register_plan(tmp_path, network="x", steps=STEPS[::-1])
    with pytest.raises(InputError, match="not the one that was registered"):
        campaign_panel(registration, Centre(tmp_path), Lake(tmp_path / "lake").view())


def test_the_command_writes_the_panel_and_says_what_is_counted(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], panel: CampaignPanel
) -> None:
    assert _run("assess", "panel", "trial", "--data", data, "--out", tmp_path / "panel.csv") == 0
    assert (tmp_path / "panel.csv").read_bytes() == panel.content
    assert "12 đơn vị, 10 tuần" in capsys.readouterr().out


def test_a_campaign_that_was_not_registered_is_refused_with_advice(data: Path) -> None:
    with pytest.raises(QuetsachError) as refused:
        _run("assess", "panel", "another", "--data", data)
    assert "assess register another" in refused.value.hint


def test_weeks_are_whole_and_begin_on_the_weekday_of_the_start() -> None:
    starts = weeks(date(2024, 4, 3), date(2024, 4, 30), anchor=date(2024, 5, 13))
    assert starts == (date(2024, 4, 8), date(2024, 4, 15), date(2024, 4, 22))
    assert weeks(date(2024, 4, 3), date(2024, 4, 8), anchor=date(2024, 5, 13)) == ()


def test_machines_are_the_measure_only_where_every_cell_has_them() -> None:
    seen, refused = Cell(5.0, 9.0), Cell(None, 9.0)
    assert Weeks({("01", FIRST): seen}, frozenset()).measure(["01", "31"]) is WeekMeasure.MACHINES
    assert Weeks({("01", FIRST): seen, ("31", FIRST): refused}, frozenset()).measure(["01", "31"]) is (
        WeekMeasure.ADDRESSES
    )
    assert Weeks({("01", FIRST): seen, ("unknown", FIRST): refused}, frozenset()).measure(["01"]) is (
        WeekMeasure.MACHINES
    )


def test_nothing_seen_is_zero_in_a_healthy_week_and_missing_in_another() -> None:
    counted = Weeks({}, frozenset([FIRST]))
    assert counted.cell("01", FIRST) == Cell(0.0, 0.0)
    assert counted.cell("01", FIRST + timedelta(weeks=1)) is None


def test_while_the_last_window_is_not_over_there_is_a_panel_and_a_departure(data: Path, tmp_path: Path) -> None:
    registration = register_plan(tmp_path, network=load_network_tables(data).version)
    later = Period(FIRST + timedelta(weeks=WEEKS + 2), FIRST + timedelta(weeks=WEEKS + 6, days=-1))
    (tmp_path / "lake").symlink_to(data / "lake")
    late = replace(registration, after=later)
    key = registration_key(tmp_path / "campaigns" / "keys", lambda _asked: "")
    sign_plan(late, tmp_path / "campaigns/trial/registration.json", key)
    made = campaign_panel(late, Centre(tmp_path), Lake(tmp_path / "lake").view())
    assert [notice.code for notice in made.origin.departed] == ["departs-in-after"]
    assert made.weeks == WEEKS + 6
    rows = list(csv.DictReader(io.StringIO(made.content.decode())))
    assert {row["outcome"] for row in rows if row["period"] >= str(later.first)} == {""}
