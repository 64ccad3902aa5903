import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from tests.centre import lay_out
from tests.unit.lake.test_keeping import HEADER, ingest

from quetsach.assess import UNPLACED
from quetsach.centre import tables
from quetsach.centre.centre import Centre
from quetsach.cli.main import build_parser
from quetsach.core.errors import InputError
from quetsach.core.family import FamilyNames
from quetsach.lake.lake import Lake


def _run(*words: object) -> int:
    parser = build_parser()
    arguments = parser.parse_args(["center", "assess", *(str(word) for word in words)])
    return int(arguments.run(arguments))


def test_an_empty_lake_is_refused_with_advice(tmp_path: Path) -> None:
    lay_out(tmp_path)
    with pytest.raises(InputError) as refused:
        _run("botnets", "--data", tmp_path)
    assert "ingest" in str(refused.value.hint)


@pytest.mark.parametrize(
    "words", [("--from", "2020-06-16"), ("--to", "2020-06-16"), ("--from", "16/06/2020", "--to", "2020-07-15")]
)
def test_a_period_is_two_iso_days(tmp_path: Path, words: tuple[str, ...]) -> None:
    with pytest.raises(InputError):
        _run("isps", *words, "--data", tmp_path)


def test_a_period_that_ends_before_it_begins_is_refused(tmp_path: Path) -> None:
    lay_out(tmp_path)
    with pytest.raises(InputError, match="ends before"):
        _run("places", "--from", "2020-07-15", "--to", "2020-06-16", "--data", tmp_path)


def test_json_and_csv_exclude_each_other(tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        _run("targets", "--json", "--csv", "--data", tmp_path)


def test_json_says_which_view_of_the_lake_was_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lake = Lake(tmp_path / "lake")
    days = [date(2020, 5, 20) + timedelta(days=n) for n in range(28)]
    ingest(lake, HEADER + "".join(f"{day} 08:00:00,14.160.0.{n},mirai,VN,\n" for day in days for n in range(3)))
    (tmp_path / "subscribers.csv").write_text("isp,subscribers\n" + "".join(f"isp{n},100000\n" for n in range(6)))
    grades = ("grades", "--subscribers", tmp_path / "subscribers.csv")
    window = ("--from", days[0], "--to", days[-1])
    for words in (("botnets",), ("isps",), ("places",), ("sectors",), ("priority",), ("hosts",), grades):
        _run(*words, *window, "--json", "--data", tmp_path)
        assert json.loads(capsys.readouterr().out)["lake"] == Centre(tmp_path).view().state, words
    _run("targets", "--campaign", "viet-nam-2020", "--json", "--data", tmp_path)
    assert json.loads(capsys.readouterr().out)["lake"] == Centre(tmp_path).view().state


@pytest.mark.parametrize("question", ["botnets", "priority", "hosts"])
def test_what_is_counted_and_what_is_named_are_of_one_table_of_families(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, question: str
) -> None:
    """An analyst may place a name between the count and the table that is printed."""
    ingest(Lake(tmp_path / "lake"), HEADER + "2020-06-16 08:00:00,14.160.0.1,mirai,VN,\n")
    loaded, load = [], tables.load_families

    def counted(data: Path | None = None) -> FamilyNames:
        loaded.append(data)
        return load(data)

    monkeypatch.setattr(tables, "load_families", counted)
    assert _run(question, "--data", tmp_path) == 0
    assert loaded == [tmp_path]


def test_machines_of_names_that_nobody_placed_are_named_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ingest(Lake(tmp_path / "lake"), HEADER + "2020-06-16 08:00:00,14.160.0.1,call me on 0900,VN,\n")
    _run("hosts", "--data", tmp_path, "--lang", "en")
    told = capsys.readouterr().out
    assert UNPLACED.en in told
    assert "0900" not in told
