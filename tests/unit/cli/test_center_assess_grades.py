import csv
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from quetsach.assess.estimate import AssessError, Estimate, NotEstimable, NotEstimableReason
from quetsach.assess.grades import Grade, ProviderGrades, grade_providers
from quetsach.assess.subscribers import read_subscribers
from quetsach.centre.address_tables import keep_table
from quetsach.centre.tables import load_families, load_network_tables
from quetsach.cli.main import build_parser
from quetsach.core.errors import InputError
from quetsach.core.text import LocalText
from quetsach.lake.lake import Lake
from quetsach.network import annotate

START = date(2020, 10, 5)
MIDNIGHT = datetime(2020, 10, 5, tzinfo=UTC)
ASN = {"vnpt": 45899, "viettel": 7552, "fpt": 18403, "mobifone": 131429, "cmc": 45903, "netnam": 24173}
MACHINES = {"vnpt": 30, "viettel": 24, "fpt": 20, "mobifone": 90, "cmc": 20, "netnam": 4}


def run(*words: object) -> int:
    parser = build_parser()
    arguments = parser.parse_args(["center", "assess", "grades", *(str(word) for word in words)])
    return int(arguments.run(arguments))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with machines of six providers that check in every hour for two weeks, half of them in the second two."""
    folder = tmp_path_factory.mktemp("centre")
    tables = load_network_tables(folder)
    rng = np.random.default_rng(1)
    lines = ["timestamp,address,malware"]
    for isp, machines in MACHINES.items():
        first = tables.ranges.ipv4_of(ASN[isp])[0][0]
        for n in range(machines):
            address = ".".join(str((first + 7 * n) >> shift & 255) for shift in (24, 16, 8, 0))
            days = 28 if n % 2 == 0 else 14
            hours = np.cumsum(rng.exponential(1, 40 * days))
            times = [MIDNIGHT + timedelta(hours=float(h)) for h in hours[hours < 24 * days]]
            lines += [f"{at:%Y-%m-%d %H:%M:%S},{address},mirai" for at in times]
    Lake(folder / "lake").ingest(
        "\n".join(lines).encode(),
        name="one.csv",
        feed="plain",
        families=load_families(),
        annotate=lambda rows: annotate(rows, tables),
        now=datetime(2021, 1, 1, tzinfo=UTC),
    )
    (folder / "subscribers.csv").write_text("isp,subscribers\n" + "".join(f"{isp},10000\n" for isp in MACHINES))
    return folder


def test_providers_are_graded_from_the_sightings(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--data", data, "--subscribers", data / "subscribers.csv", "--from", "2020-10-19", "--to", "2020-11-01")
    run(*words, "--against", "2020-10-05..2020-10-18", "--json")
    told = json.loads(capsys.readouterr().out)
    assert told["refused"] == {}
    found = {p["isp"]: p for p in told["providers"]}
    assert found["mobifone"]["machines"] == pytest.approx(45, abs=3)
    assert found["mobifone"]["per_thousand"]["grade"] == "worse"
    assert found["netnam"]["per_thousand"]["grade"] == "better"
    assert found["vnpt"]["own_change"]["value"] == pytest.approx(-0.5, abs=0.15)


def test_people_read_grades_and_are_told_to_publish_no_ranks(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--data", data, "--subscribers", data / "subscribers.csv", "--from", "2020-10-05", "--to", "2020-10-18")
    run(*words, "--lang", "vi")
    told = " ".join(capsys.readouterr().out.split())
    assert "MobiFone" in told
    assert "kém hơn mức giữa" in told
    assert "không công bố thứ hạng" in told
    run(*words, "--csv")
    assert len(list(csv.DictReader(capsys.readouterr().out.splitlines()))) == 6


def test_half_weeks_are_refused(data: Path) -> None:
    with pytest.raises(InputError, match="whole weeks"):
        run("--data", data, "--subscribers", data / "subscribers.csv", "--from", "2020-10-05", "--to", "2020-10-20")


def test_who_could_not_be_counted_is_named_and_not_graded() -> None:
    one = Estimate(10, 9, 11)
    week = {"a": one, "b": one, "c": one, "d": one, "e": one, "f": NotEstimable(NotEstimableReason.NO_DATA), "g": one}
    grades = grade_providers(dict.fromkeys("abcdefh", 1000.0), [week, week], rng=np.random.default_rng(1))
    assert isinstance(grades, ProviderGrades)
    assert set(grades.refused) == {"f"}
    assert grades.without_subscribers == ("g",)
    assert {p.isp for p in grades.providers} == set("abcdeh")
    assert {p.graded.grade for p in grades.providers if p.isp != "h"} == {Grade.NOT_DISTINGUISHABLE}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"isp,subscribers\na,none\n", ":2: subscribers is not a number"),
        (b"isp,subscribers\na,0\n", ":2: subscribers must be"),
        (b"isp,subscribers\na,1\nb,10000000000\nc,10000000001\n", ":4: subscribers must be"),
        (b"isp,subscribers\na,5\na,6\n", ":3: 'a' is there twice"),
        (b"isp,quarter,subscribers,source\na,2026-Q5,5,x\n", ":2: not a quarter"),
        (b"isp,quarter,subscribers,source\na,2026-Q1,5,\n", ":2: source is empty"),
        (b"isp,quarter,subscribers,source\na,2026-Q1,5,x\na,2026-Q1,6,y\n", ":3: 'a' is there twice"),
        (b"isp,quarter,subscribers,source\na,2026-Q1,5,x\nb,,6,y\n", ":3: some lines have a quarter"),
    ],
)
def test_another_table_of_subscribers_is_refused(content: bytes, told: str) -> None:
    with pytest.raises(AssessError) as refused:
        read_subscribers(content, where="s.csv")
    assert told in str(refused.value)


def test_a_period_has_the_subscribers_of_its_quarter_or_the_nearest_before_and_says_so() -> None:
    table = "isp,quarter,subscribers,source\na,2026-Q1,10,r1\na,2026-Q3,30,r3\nb,2025-Q4,5,r0\nc,2026-Q4,7,r4\n"
    chosen = read_subscribers(table.encode(), where="s.csv").on(date(2026, 9, 30))
    assert chosen.numbers == {"a": 30, "b": 5}
    told = [text.in_language("en") for text in chosen.told(lambda isp: LocalText(isp, isp.upper()))]
    assert told == [
        "Subscribers are those of 2025-Q4 (r0), 2026-Q3 (r3).",
        "Of B none are known for 2026-Q3: those of the nearest earlier quarter stand in.",
        "Of C only later quarters than 2026-Q3 are known: no rate.",
    ]
    used = {"a": {"quarter": "2026-Q3", "source": "r3"}, "b": {"quarter": "2025-Q4", "source": "r0"}}
    assert chosen.as_json() == {"quarter": "2026-Q3", "used": used, "only_later": ["c"]}
    assert read_subscribers(table.encode(), where="s.csv").on(date(2026, 6, 30)).numbers == {"a": 10, "b": 5}
    undated = read_subscribers(b"isp,subscribers\na,5\n", where="s.csv").on(date(2020, 1, 1))
    assert (undated.numbers, undated.told(lambda isp: LocalText(isp, isp))) == ({"a": 5}, ())


def test_subscribers_that_the_centre_keeps_stand_for_a_file(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--from", str(START), "--to", str(START + timedelta(days=27)), "--data", str(data)]
    parser = build_parser()
    grades = parser.parse_args(["center", "assess", "grades", *words])
    with pytest.raises(InputError, match="knows no subscribers") as refused:
        grades.run(grades)
    assert "--form subscribers" in str(refused.value.hint)
    _, *lines = (data / "subscribers.csv").read_text().splitlines()
    quarter = f"{START.year - 1}-Q4"
    dated = [f"{isp},{quarter},{number},regulator" for isp, number in (line.split(",") for line in lines)]
    (tmp_path / "s.csv").write_text("\n".join(["isp,quarter,subscribers,source", *dated]))
    kept, _ = keep_table(data, tmp_path / "s.csv", "subscribers")
    try:
        grades.run(grades)
        told = capsys.readouterr().out
        assert f"{quarter} (regulator)" in told
        assert "dùng số của quý gần nhất trước đó" in " ".join(told.split())
        hosts = parser.parse_args(["center", "assess", "hosts", "--by", "isp", *words, "--json"])
        hosts.run(hosts)
        assert {one["quarter"] for one in json.loads(capsys.readouterr().out)["subscribers"]["used"].values()} == {
            quarter
        }
    finally:
        kept.unlink()


def test_machines_of_providers_have_rates_where_subscribers_are_given(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--from", str(START), "--to", str(START + timedelta(days=27)), "--data", str(data), "--json"]
    words += ["--subscribers", str(data / "subscribers.csv")]
    parser = build_parser()
    arguments = parser.parse_args(["center", "assess", "hosts", "--by", "isp", *words])
    assert arguments.run(arguments) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found["per_thousand_subscribers"]) == set(MACHINES)
    assert found["per_thousand_subscribers"]["mobifone"]["value"] == pytest.approx(6.75, rel=0.15)
    assert "machines-per-thousand-subscribers" in found["definitions"]
