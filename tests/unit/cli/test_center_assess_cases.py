import csv
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from quetsach.assess.cases import Group, SubjectKind, case_report
from quetsach.assess.cases.report import read_history
from quetsach.assess.estimate import AssessError, Estimate, NotEstimable
from quetsach.centre.tables import load_families, load_network_tables
from quetsach.cli.main import build_parser
from quetsach.core.errors import InputError
from quetsach.core.period import Period
from quetsach.lake.cases import bot_history
from quetsach.lake.lake import Lake
from quetsach.network import annotate

START = date(2020, 8, 1)


def run(*words: object) -> int:
    parser = build_parser()
    arguments = parser.parse_args(["center", "assess", "cases", *(str(word) for word in words)])
    return int(arguments.run(arguments))


def infections(number: int, seed: int = 1) -> list[tuple[str, int, int, bool]]:
    """Return bot, first day, last day and treatment: half clean after 10 days, the treated after 5."""
    rng = np.random.default_rng(seed)
    made = []
    for n in range(number):
        first, treated = int(rng.integers(20, 60)), bool(n % 2)
        made.append((f"bot-{n}", first, first + int(rng.exponential((5 if treated else 10) / np.log(2))), treated))
    return made


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cases") / "subscribers.csv"
    lines = ["subject,seen_at,isp,family,treated"]
    for n, (bot, first, last, treated) in enumerate(infections(1200)):
        lines += [
            f"{bot},{START + timedelta(days=d)}T0{n % 10}:00:00,isp{n // 2 % 12},sality,{int(treated)}"
            for d in range(first, last + 1)
        ]
    lines += [f"other,{START + timedelta(days=d)},isp1,mirai,0" for d in (0, 60, 160)]
    path.write_text("\n".join(lines))
    return path


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with 80 installations on one family; the sensor is silent for twenty days."""
    folder = tmp_path_factory.mktemp("centre")
    tables = load_network_tables(folder)
    lines = ["timestamp,address,malware,bot_id"]
    for n, (bot, first, last, _) in enumerate(infections(80)):
        lines += [f"{START + timedelta(days=d)} 05:00:00,123.16.1.{n},sality,{bot}" for d in range(first, last + 1)]
    lines += [f"{START + timedelta(days=d)} {h:02d}:30:00,123.16.9.9,sality," for d in range(130) for h in range(24)]
    kept = [lines[0], *(line for line in lines[1:] if not "2020-10-20" <= line[:10] < "2020-11-09")]
    Lake(folder / "lake").ingest(
        "\n".join(kept).encode(),
        name="one.csv",
        feed="plain",
        families=load_families(),
        annotate=lambda rows: annotate(rows, tables),
        now=datetime(2021, 1, 1, tzinfo=UTC),
    )
    return folder


def test_subscribers_of_a_table_are_told_in_full(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("--sightings", table, "--subjects", "subscriber", "--json")
    told = json.loads(capsys.readouterr().out)
    assert told["subjects"] == "subscriber"
    assert told["episodes"] == 1203
    assert 5 < told["whole"]["median_days"]["value"] < 9
    still = told["groups"]["sality"]["still_infected"]["14"]
    assert 0.1 < still["low"] < still["value"] < still["high"] < 0.4
    assert told["treatment"]["low"] < 2 < told["treatment"]["high"]
    assert (told["reinfection"]["30"]["value"], told["reinfection"]["90"]["value"]) == (0, pytest.approx(1 / 1195))
    assert told["comparison"]["refused"] == "nothing-to-compare"


def test_people_read_medians_by_provider(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("--sightings", table, "--by", "isp", "--lang", "vi")
    told = capsys.readouterr().out
    assert "isp11" in told
    assert "kiểm định log-rank" in told
    assert "Nhiễm lại trong 30 ngày" in told


def test_csv_has_a_line_a_group_and_one_for_all(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("--sightings", table, "--csv")
    rows = {row["group"]: row for row in csv.DictReader(capsys.readouterr().out.splitlines())}
    assert set(rows) == {"sality", "mirai", ""}
    assert float(rows["sality"]["median_days_low"]) < float(rows["sality"]["median_days"])
    assert rows["mirai"]["refused"] == "few-events"


def test_addresses_are_refused_in_words(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("--sightings", table, "--subjects", "address", "--lang", "en")
    assert "not counted by IP address" in " ".join(capsys.readouterr().out.split())


def test_installations_of_the_lake_are_cases(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("--data", data, "--from", "2020-08-01", "--to", "2020-12-08", "--json")
    told = json.loads(capsys.readouterr().out)
    assert told["subjects"] == "bot-id"
    assert told["episodes"] == 80
    assert told["whole"]["events"] >= 70


def test_time_in_which_the_sensor_was_down_is_not_quiet_time(data: Path) -> None:
    history = bot_history(Lake(data / "lake").view(), Period(START, date(2020, 12, 8)))
    assert history
    assert history.watch.end == pytest.approx(130 - 20, abs=0.1)
    before, after = history.beginning_of(date(2020, 10, 20)), history.beginning_of(date(2020, 11, 9))
    assert before == after == pytest.approx(80, abs=0.1)


def test_first_and_last_of_a_day_give_the_episodes_of_all_sightings(data: Path, tmp_path: Path) -> None:
    """The lake's roll-ups against the same sightings read one by one from a table, where the clock never stops."""
    rows = infections(80)
    lines = ["subject,seen_at,family"]
    seen = [(bot, START + timedelta(days=d)) for bot, first, last, _ in rows for d in range(first, last + 1)]
    lines += [f"{bot},{day} 05:00:00,sality" for bot, day in seen if day < date(2020, 10, 20)]
    table = read_history("\n".join(lines).encode(), kind=SubjectKind.BOT_ID, where="t")
    lake = bot_history(Lake(data / "lake").view(), Period(START, date(2020, 10, 19)))
    assert lake
    rng = np.random.default_rng(1)
    ours = case_report(lake, by=Group.FAMILY, rng=rng)
    theirs = case_report(table, by=Group.FAMILY, rng=rng)
    assert not isinstance(ours, NotEstimable)
    assert not isinstance(theirs, NotEstimable)
    assert ours.episodes == theirs.episodes


def test_a_lake_without_bot_ids_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tables = load_network_tables(tmp_path)
    Lake(tmp_path / "lake").ingest(
        b"timestamp,address,malware\n2020-08-01 00:00:00,123.16.0.1,sality\n",
        name="one.csv",
        feed="plain",
        families=load_families(),
        annotate=lambda rows: annotate(rows, tables),
        now=datetime(2021, 1, 1, tzinfo=UTC),
    )
    run("--data", tmp_path, "--json")
    assert json.loads(capsys.readouterr().out)["refused"] == "no-bot-ids"


def test_the_start_of_a_campaign_must_lie_in_the_window(table: Path) -> None:
    with pytest.raises(InputError, match="not in the window"):
        run("--sightings", table, "--started", "2019-01-01")


def test_cases_that_were_there_before_count_from_the_start_of_the_campaign() -> None:
    lines = ["subject,seen_at", "late,2020-12-30"]
    lines += [f"s{n},2020-08-{day:02d}" for n in range(60) for day in (2, 12, 14 + n % 12)]
    history = read_history("\n".join(lines).encode(), kind=SubjectKind.BOT_ID, where="t")
    rng = np.random.default_rng(1)
    plain = case_report(history, by=Group.FAMILY, rng=rng)
    started = case_report(history, by=Group.FAMILY, rng=rng, started_days=history.beginning_of(date(2020, 8, 10)))
    assert not isinstance(plain, NotEstimable)
    assert not isinstance(started, NotEstimable)
    assert isinstance(plain.whole, NotEstimable)
    assert not isinstance(started.whole, NotEstimable)
    assert isinstance(started.whole.median, Estimate)
    assert started.whole.median.value == pytest.approx(9.5, abs=1)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"subject\n", "seen_at is missing"),
        (b"subject,seen_at\n", "no sightings"),
        (b"subject,seen_at\na,yesterday\n", ":2: seen_at is not a time"),
        (b"subject,seen_at\n,2020-01-01\n", ":2: subject is empty"),
        (b"subject,seen_at,treated\na,2020-01-01,maybe\n", ":2: treated is neither"),
        (b"subject,seen_at,notified_at\na,2020-01-01,x\n", ":2: notified_at is not a time"),
    ],
)
def test_another_table_is_refused_by_line_and_column(content: bytes, told: str) -> None:
    with pytest.raises(AssessError) as refused:
        read_history(content, kind=SubjectKind.BOT_ID, where="t.csv")
    assert told in str(refused.value)
