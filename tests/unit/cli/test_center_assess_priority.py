import csv
import json
from pathlib import Path

import pytest
from tests.centre import lay_out

from quetsach.campaign import CampaignError
from quetsach.centre.centre import Centre
from quetsach.centre.placing import keep_placing
from quetsach.centre.priority import load_criteria, load_judgements
from quetsach.centre.tables import load_families
from quetsach.cli.main import build_parser
from quetsach.core.errors import InputError
from quetsach.core.table import Placing
from quetsach.lake.lake import Lake

ROOT = Path(__file__).parents[3]
CRITERIA = ROOT / "data" / "priority" / "criteria.toml"


def run(data: Path, *words: str) -> int:
    parser = build_parser()
    arguments = parser.parse_args(["center", "assess", "priority", "--data", str(data), *words])
    return int(arguments.run(arguments))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with three families on 28 days, one of them on half of these."""
    from datetime import UTC, date, datetime, timedelta

    from quetsach.centre.tables import load_network_tables
    from quetsach.network import annotate

    folder = tmp_path_factory.mktemp("centre")
    keep_placing(Centre(folder), Placing("newcomer", "newcomer", "Newcomer", "windows", "an@example.vn", "2020", "new"))
    tables = load_network_tables(folder)
    lines = ["timestamp,address,malware"]
    for n in range(28):
        day = date(2020, 10, 1) + timedelta(days=n)
        lines += [f"{day} 0{h}:00:00,123.16.{h}.{k},sality" for h in range(2) for k in range(20)]
        lines += [f"{day} 03:00:00,123.16.3.{k},conficker" for k in range(12)]
        lines += [f"{day} 04:00:00,123.16.4.{k},newcomer" for k in range(5) if n % 2]
    Lake(folder / "lake").ingest(
        "\n".join(lines).encode(),
        name="one.csv",
        feed="plain",
        families=load_families(),
        annotate=lambda table: annotate(table, tables),
        now=datetime(2020, 11, 1, tzinfo=UTC),
    )
    return folder


def test_json_has_scores_standings_and_criteria(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(data, "--json")
    told = json.loads(capsys.readouterr().out)
    found = {c["family"]: c for c in told["candidates"]}
    assert (told["first"], told["last"], told["left_out"]) == ("2020-10-01", "2020-10-28", ["growth", "exposure"])
    assert found["newcomer"]["scores"] == {"size": 0.0, "harm": None, "remediability": None, "coverage": 0.5}
    assert found["sality"]["scores"]["harm"] == 0.9
    assert all(c["chosen"] for c in found.values())


def test_csv_has_a_line_a_family(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(data, "--csv")
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert rows[0]["family"] == "sality"
    assert rows[0]["exposure"] == ""


def test_people_read_reasons_and_what_was_left_out(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(data, "--lang", "vi")
    told = capsys.readouterr().out
    assert "Chưa đo được nên không tính: đà tăng" in told
    assert "sality: chắc chắn" in told


def test_an_empty_lake_is_refused_with_advice(tmp_path: Path) -> None:
    lay_out(tmp_path)
    with pytest.raises(InputError) as refused:
        run(tmp_path)
    assert "ingest" in str(refused.value.hint)


def test_every_family_of_the_table_is_judged_and_no_other() -> None:
    assert set(load_judgements(load_criteria())) == set(load_families().families) - {"eicar"}


def test_what_the_tool_is_said_to_remove_has_a_recipe() -> None:
    """By the pack of that name, or one that lists it among its aliases."""
    criteria, names = load_criteria(), load_families()
    recipes = {path.parent.name for path in (ROOT / "packs").glob("*/recipe.toml")}
    for family, values in load_judgements(criteria).items():
        has_recipe = any(family == part for recipe in recipes for part in (recipe, *recipe.split("-")))
        assert has_recipe is (values["remediability"] > 0), family
        assert family in names.families


def test_weights_of_this_build_add_up_to_one() -> None:
    assert sum(c.weight for c in load_criteria().criteria) == pytest.approx(1)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("seats = 10", "seats = 0", "seats"),
        ("weight = 0.25", "weight = 7", "criteria.size.weight"),
        ("high = 100_000.0", "high = 1.0", "criteria.size.high"),
        ("[criteria.growth]", "[criteria.grow]", "criteria.grow"),
        ("yes = 1.0", "yep = 1.0", "remediability.yes"),
        ("low = 10.0", "low = nan", "criteria.size.low"),
    ],
)
def test_criteria_of_another_form_are_refused_by_their_field(tmp_path: Path, old: str, new: str, told: str) -> None:
    path = tmp_path / "ours.toml"
    path.write_text(CRITERIA.read_text().replace(old, new, 1))
    with pytest.raises(CampaignError) as refused:
        load_criteria(path)
    assert told in str(refused.value)


def test_other_criteria_choose_other_botnets(tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "ours.toml"
    path.write_text(CRITERIA.read_text().replace("seats = 10", "seats = 1"))
    run(data, "--criteria", str(path), "--json")
    told = json.loads(capsys.readouterr().out)
    assert [c["family"] for c in told["candidates"] if c["chosen"]] == ["sality"]
