import json
from pathlib import Path

import pytest

from quetsach.cli.main import build_parser
from quetsach.core.errors import InputError

TABLE = "name,estimate,se\n" + "".join(f"n{n},{n},{0.1 if n < 8 else 3}\n" for n in range(10))


def run(path: Path, *words: str) -> int:
    parser = build_parser()
    arguments = parser.parse_args(["center", "assess", "ranks", "--csv", str(path), *words])
    return int(arguments.run(arguments))


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "table.csv"
    path.write_text(TABLE)
    return path


def test_json_has_rank_sets_and_grades(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(table, "--json", "--first", "lowest")
    told = json.loads(capsys.readouterr().out)
    assert (told["first_is"], told["method"]) == ("lowest", "bootstrap")
    first = told["rows"][0]
    assert (first["name"], first["rank"], first["marginal"]["low"]) == ("n0", 1, 1)
    assert first["posterior"]["grade"] == "better"


def test_no_seed_is_asked_for_and_the_answer_is_always_the_same(
    table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outputs = []
    for _ in range(2):
        run(table, "--json")
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1]
    with pytest.raises(SystemExit):
        run(table, "--seed", "1")


def test_people_read_intervals_and_a_warning_about_bare_ranks(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(table, "--lang", "vi")
    told = capsys.readouterr().out
    assert "chưa phân biệt được" in told
    assert "7,00" in told
    assert "Không nên công bố thứ hạng đơn lẻ" in " ".join(told.split())


def test_few_names_are_refused_in_words_and_for_machines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "few.csv"
    path.write_text("name,estimate,se\na,1,1\n")
    run(path, "--lang", "en")
    assert "too few names" in capsys.readouterr().out
    run(path, "--json")
    assert json.loads(capsys.readouterr().out)["refused"] == "few-to-rank"


def test_a_missing_file_and_a_wrong_confidence_are_refused(table: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        run(tmp_path / "none.csv")
    with pytest.raises(InputError, match="confidence"):
        run(table, "--confidence", "1.5")
