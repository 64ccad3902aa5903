"""Names of malware: none is a family for the public before an analyst has placed it."""

import ast
import csv
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from pathlib import Path

import pytest
from django.db import OperationalError
from tests.centre import lay_out

import quetsach
from quetsach import storage
from quetsach.assess import UNPLACED
from quetsach.centre import answers
from quetsach.centre.centre import Centre
from quetsach.centre.placing import Decided, checked_placing, keep_placing
from quetsach.centre.tables import load_families, placings_path
from quetsach.cli.center import publication
from quetsach.cli.main import build_parser
from quetsach.core.errors import InputError, QuetsachError
from quetsach.core.family import UNPLACED_FAMILY, FamilyNames, Placing
from quetsach.core.period import Period
from quetsach.lake import keeping
from quetsach.lake.lake import Lake
from quetsach.web.office.feeds import services
from quetsach.web.office.log.models import LogEntry

NOW = datetime(2020, 6, 16, tzinfo=UTC)
DAY = Period(date(2020, 6, 16), date(2020, 6, 16))
ROWS = (
    *(f"2020-06-16 07:00:00,14.160.0.{n},Emotet" for n in range(1, 4)),
    *(f"2020-06-16 07:00:00,14.160.0.{n},emotet-new" for n in range(3, 6)),
    "2020-06-16 08:00:00,14.160.0.5,Emotet_NEW",
    "2020-06-16 07:00:00,14.160.0.9,Something Else",
    "2020-06-16 07:00:00,14.160.0.8,",
)


def _run(*words: object) -> int:
    parser = build_parser()
    arguments = parser.parse_args(["center", *(str(word) for word in words)])
    return int(arguments.run(arguments))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    file = tmp_path / "feed.csv"
    file.write_text("timestamp,address,malware\n" + "\n".join(ROWS) + "\n")
    _run("ingest", file, "--feed", "plain", "--data", tmp_path)
    return tmp_path


def counted(data: Path) -> dict[str, int]:
    ranking = answers.families(Centre(data).view(), DAY, load_families(data))
    return {row.id: int(row.figures[1].value) for row in ranking.rows if row.figures[1]}


def placed(data: Path, spelling: str, family: str, name: str = "") -> None:
    """What the command keeps, without a centre's log."""
    keep_placing(Centre(data), Placing(spelling, family, name or family, "windows", "x", "2020", "y"))


def test_a_new_spelling_is_no_family_and_its_addresses_are_in_the_total(data: Path) -> None:
    """Addresses 3, 4, 5 and 9 were named in ways that no table knows."""
    assert counted(data) == {"emotet": 3, UNPLACED_FAMILY: 4, "unknown": 1}
    ranking = answers.families(Centre(data).view(), DAY, load_families(data))
    assert ranking.total.value == 7
    assert [(row.rank, row.name) for row in ranking.rows if row.id == UNPLACED_FAMILY] == [(None, UNPLACED)]
    assert "emotetnew" not in json.dumps(ranking.as_json())


def test_what_is_placed_counts_with_its_family_in_what_is_in_the_lake_already(data: Path) -> None:
    before = Centre(data).view()
    placed(data, "emotet-new", "emotet")
    after = Centre(data).view()
    assert counted(data) == {"emotet": 5, UNPLACED_FAMILY: 1, "unknown": 1}
    assert before.state != after.state  # so that the figures are counted again
    assert before.families_version != after.families_version


def test_a_family_of_its_own_gets_its_name(data: Path) -> None:
    placed(data, "something else", "something-else", "Something Else")
    ranking = answers.families(Centre(data).view(), DAY, load_families(data))
    assert [row.name.en for row in ranking.rows if row.id == "something-else"] == ["Something Else"]


def test_the_last_word_on_a_spelling_stands(data: Path) -> None:
    placed(data, "emotet-new", "mirai")
    placed(data, "EMOTET new", "emotet")
    assert counted(data)["emotet"] == 5
    assert "mirai" not in counted(data)


def test_a_family_can_be_asked_for_alone(data: Path) -> None:
    placed(data, "emotet-new", "emotet")
    assert Centre(data).view().count_addresses(DAY, families=["emotet"]) == 5


def test_the_look_up_of_visitors_names_no_unplaced_name(data: Path) -> None:
    from tests.lake_reader import TESTER

    listed = Centre(data).view().listed_addresses(DAY, by=TESTER).column("family").to_pylist()
    assert set(listed) == {"emotet", UNPLACED_FAMILY, "unknown"}


def test_the_analyst_sees_what_waits_as_feeds_write_it(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    _run("families", "list", "--unplaced", "--data", data, "--json")
    first, second = json.loads(capsys.readouterr().out)
    assert first["spellings"] == ["Emotet_NEW", "emotet-new"]
    assert (first["sightings"], first["addresses"], first["feeds"]) == (4, 3, ["plain/sightings"])
    assert second["kept"] == "somethingelse"
    _run("families", "list", "--unplaced", "--data", data, "--lang", "vi")
    assert "emotet-new" in capsys.readouterr().out
    placed(data, "emotet-new", "emotet")
    placed(data, "something else", "something-else")
    _run("families", "list", "--unplaced", "--data", data, "--lang", "vi")
    assert "Không có tên mã độc nào chờ phân loại" in capsys.readouterr().out


def test_what_a_centre_wrote_itself_and_cannot_be_read_is_not_of_the_build(data: Path) -> None:
    placings_path(data).mkdir(parents=True)
    with pytest.raises(InputError, match="cannot be read") as refused:
        load_families(data)
    assert refused.value.where == str(placings_path(data))


def test_what_waits_is_told_when_its_sightings_have_expired(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keeping.expire(Centre(data).lake, before=DAY.last + timedelta(days=1))
    capsys.readouterr()
    _run("families", "list", "--unplaced", "--data", data, "--json")
    told = json.loads(capsys.readouterr().out)
    assert [(row["kept"], row["sightings"], row["spellings"]) for row in told] == [
        ("emotetnew", 4, []),
        ("somethingelse", 1, []),
    ]
    _run("families", "list", "--unplaced", "--data", data, "--lang", "vi")
    assert "emotetnew" in capsys.readouterr().out


def test_a_lake_that_counts_by_another_table_names_no_families(data: Path) -> None:
    with pytest.raises(Exception, match="does not count by this table"):
        answers.families(Lake(data / "lake").view(), DAY, load_families(data))


def test_a_spelling_of_the_table_that_a_later_build_takes_in_leaves_the_centre_working() -> None:
    names = FamilyNames.of([], version="1").with_placings([Placing("x-1", "x", "X", "linux", "a", "b", "c")])
    assert (names.family_of("x1"), names.families["x"].name) == ("x", "X")
    ours = load_families().with_placings([Placing("gamarue", "mirai", "Mirai", "", "", "", "")])
    assert ours.family_of(ours.resolve("Gamarue")) == "mirai"


def test_a_wrong_placing_is_undone_also_for_what_came_in_meanwhile(data: Path, tmp_path: Path) -> None:
    placed(data, "emotet-new", "mirai")
    late = tmp_path / "late.csv"
    late.write_text("timestamp,address,malware\n2020-06-16 07:00:00,14.160.0.7,emotet-new\n")
    _run("ingest", late, "--feed", "plain", "--data", data)
    assert (counted(data)["mirai"], counted(data)["emotet"]) == (4, 3)
    placed(data, "emotet-new", "emotet")
    assert "mirai" not in counted(data)
    assert counted(data)["emotet"] == 6


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("newbot", "newbot", "--reason", "x"), "no such family"),
        (("mirai", "emotet", "--reason", "x"), "identifier or name of a family itself"),
        (("IoT Botnet", "emotet", "--reason", "x"), "identifier or name of a family itself"),
        (
            ("WannaCrypt0r?", "new", "--name", "M.I.R.A.I", "--platform", "linux", "--reason", "x"),
            "of this name already",
        ),
        (("newbot", "iotbotnet", "--name", "NewBot", "--platform", "linux", "--reason", "x"), "of this name already"),
        (("...", "emotet", "--reason", "x"), "no name of malware"),
        (("unplaced", "emotet", "--reason", "x"), "no name of malware"),
        (("a\nb", "emotet", "--reason", "x"), "no text"),
        (("emotet-new", "emotet", "--reason", " "), "a reason is needed"),
    ],
)
def test_what_cannot_be_placed_is_refused(words: tuple[str, ...], what: str) -> None:
    parser = build_parser()
    said = parser.parse_args(["center", "families", "place", *words])
    decided = Decided(said.spelling, said.family, said.reason, said.name or "", said.platform or "")
    with pytest.raises(InputError, match=what):
        checked_placing(load_families(), decided, by="x", now=NOW)


def test_a_placing_is_kept_with_who_when_and_why(tmp_path: Path) -> None:
    placed(tmp_path, 'a, "b"', "emotet")
    [row] = csv.DictReader(io.StringIO(placings_path(tmp_path).read_text()))
    assert row == {
        "spelling": 'a, "b"',
        "family": "emotet",
        "name": "emotet",
        "platform": "windows",
        "by": "x",
        "at": "2020",
        "reason": "y",
    }


@pytest.fixture
def placing() -> Placing:
    return Placing("emotet-new", "emotet", "Emotet", "windows", "x", "2020", "y")


def test_a_placing_that_cannot_be_logged_does_not_count(
    db: None, tmp_path: Path, placing: Placing, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(**_named: object) -> None:
        raise OperationalError("disk I/O error")

    monkeypatch.setattr(services, "log_append", away)
    with pytest.raises(OperationalError):
        services.spelling_place(centre=Centre(tmp_path), placing=placing, now=NOW)
    assert not placings_path(tmp_path).exists()


def test_a_placing_that_cannot_be_written_is_not_in_the_log(
    db: None, tmp_path: Path, placing: Placing, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(storage, "write", full)
        with pytest.raises(QuetsachError, match="No space left"):
            services.spelling_place(centre=Centre(tmp_path), placing=placing, now=NOW)
    assert not LogEntry.objects.exists()
    services.spelling_place(centre=Centre(tmp_path), placing=placing, now=NOW)
    assert LogEntry.objects.get().act == "family-place"


def test_figures_follow_a_placing_without_waiting_for_a_delivery(
    db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def opened(_arguments: object) -> Iterator[datetime]:
        yield NOW

    counted: list[Path] = []
    import_module("quetsach.cli.center.figures")  # what is loaded while a name is patched keeps the patch
    monkeypatch.setattr("quetsach.cli.center.opened.opened_centre", opened)
    monkeypatch.setattr(publication, "publish_figures", lambda data, _now: counted.append(data))
    lay_out(tmp_path)
    _run("families", "place", "emotet-new", "emotet", "--reason", "x", "--data", tmp_path)
    assert counted == [tmp_path]


def test_only_one_way_leads_to_the_lake_of_a_centre() -> None:
    """A lake without the table of families would show names that nobody placed."""
    root = Path(quetsach.__file__).parent
    users = set()
    for file in root.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "Lake":
                users.add(file.relative_to(root).as_posix())
    assert users == {"centre/centre.py"}
