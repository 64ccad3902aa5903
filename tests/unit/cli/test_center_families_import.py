"""Lists of others propose families for the names that wait; only what is accepted counts, also in the past."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.centre import lay_out
from tests.lake_reader import TESTER

from quetsach.centre import answers
from quetsach.centre.centre import Centre
from quetsach.centre.placing import keep_placing
from quetsach.centre.tables import load_families, placings_path
from quetsach.cli.center import publication
from quetsach.cli.main import build_parser
from quetsach.core.errors import InputError
from quetsach.core.family import UNPLACED_FAMILY, Placing
from quetsach.core.period import Period
from quetsach.lake import keeping
from quetsach.web.office.log.models import LogEntry

NOW = datetime(2020, 6, 17, tzinfo=UTC)
DAY = Period(date(2020, 6, 16), date(2020, 6, 16))
NAMES = ("Emotet", "emotet-new", "Trojan.Win32/Mirai.gen", "dridexlike", "NewBot", "nowhere")
MAPPING = """"^emotet[-_]new$",emotet
"^(emotet|mirai)like$",mixed
"^dridex.*$",dridex
"^dridexlike$",emotet
"^dridexlike$",mirai
"^newbot$",some-new-bot
"^(a+)+$",slow
"""


def _run(*words: object) -> int:
    arguments = build_parser().parse_args(["center", *(str(word) for word in words)])
    return int(arguments.run(arguments))


def _ingest(data: Path, names: list[str]) -> None:
    file = data.parent / f"{data.name}.csv"
    rows = [f"2020-06-16 0{n % 9}:00:00,14.160.0.{n % 7 + 1},{name}" for n, name in enumerate(names)]
    file.write_text("timestamp,address,malware\n" + "\n".join(rows) + "\n")
    _run("ingest", file, "--feed", "plain", "--data", data)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    @contextmanager
    def opened(_arguments: object) -> Iterator[datetime]:
        yield NOW

    import_module("quetsach.cli.center.families")  # what is loaded while a name is patched keeps the patch
    monkeypatch.setattr("quetsach.cli.center.opened.opened_centre", opened)
    monkeypatch.setattr(publication, "publish_figures", lambda _data, _now: None)
    folder = tmp_path / "centre"
    folder.mkdir()
    _ingest(folder, list(NAMES))
    lay_out(folder)
    return folder


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    file = tmp_path / "mapping.csv"
    file.write_text(MAPPING)
    return file


def _states(data: Path, mapping: Path, capsys: pytest.CaptureFixture[str], *more: str) -> dict[str, tuple[str, str]]:
    capsys.readouterr()
    _run("families", "import", mapping, "--form", "certtools", "--data", data, "--json", *more)
    told = json.loads(capsys.readouterr().out)
    assert [one["where"] for one in told["left_out"]] == ["line 7"]
    return {
        name["spellings"][0]: (name["state"], "/".join(sorted({one["family"] for one in name["families"]})))
        for name in told["names"]
    }


def test_a_list_proposes_and_nothing_is_placed_before_it_is_accepted(
    data: Path, mapping: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _states(data, mapping, capsys) == {
        "emotet-new": ("proposed", "emotet"),
        "Trojan.Win32/Mirai.gen": ("proposed", "mirai"),
        "dridexlike": ("conflict", "emotet/mirai"),
        "NewBot": ("new", "some-new-bot"),
    }
    assert not placings_path(data).exists()


def test_what_is_accepted_is_placed_with_where_the_list_says_so(
    db: None, data: Path, mapping: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _states(data, mapping, capsys, "--accept", "EMOTET new")["emotet-new"] == ("placed", "emotet")
    [entry] = LogEntry.objects.all()
    assert entry.act == "family-place"
    assert "certtools: mapping.csv, line 1, SHA-256" in placings_path(data).read_text()
    assert "emotet-new" not in _states(data, mapping, capsys)
    _states(data, mapping, capsys, "--accept")
    assert load_families(data).placed == {"emotetnew": "emotet", "trojanwin32miraigen": "mirai"}


@pytest.mark.parametrize("name", ["dridexlike", "NewBot", "nowhere", "Emotet"])
def test_what_the_list_does_not_clearly_propose_cannot_be_accepted(data: Path, mapping: Path, name: str) -> None:
    with pytest.raises(InputError, match="proposes no family"):
        _run("families", "import", mapping, "--form", "certtools", "--data", data, "--accept", "emotet-new", name)
    assert not placings_path(data).exists()


def test_a_person_reads_what_is_proposed_and_what_is_left_out(
    data: Path, mapping: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    _run("families", "import", mapping, "--form", "certtools", "--data", data, "--lang", "vi")
    out = capsys.readouterr()
    assert "line 7" in out.out
    assert "hai họ khác nhau: chưa xếp" in out.out
    assert "Đã đọc 6 mục, bỏ qua 1" in out.out + out.err


def test_what_is_undone_waits_again_and_the_log_has_it(
    db: None, data: Path, mapping: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = load_families(data)
    _states(data, mapping, capsys, "--accept", "emotet-new")
    _run("families", "undo", "Emotet NEW", "--reason", "another loader", "--data", data, "--json")
    assert load_families(data) == before
    capsys.readouterr()
    assert list(LogEntry.objects.order_by("pk").values_list("act", flat=True)) == ["family-place", "family-undo"]
    _run("families", "list", "--placed", "--data", data, "--json")
    assert [row["family"] for row in json.loads(capsys.readouterr().out)] == ["emotet", UNPLACED_FAMILY]
    with pytest.raises(InputError, match="no analyst has placed"):
        _run("families", "undo", "emotet-new", "--reason", "x", "--data", data)


def _place(data: Path, placings: list[tuple[str, str]]) -> None:
    for spelling, family in placings:
        keep_placing(Centre(data), Placing(spelling, family, family, "windows", "x", "2020", "y"))


def _answers(data: Path) -> object:
    view, names = Centre(data).view(), load_families(data)
    listed = view.listed_addresses(DAY, by=TESTER)
    ranking = answers.families(view, DAY, names)
    return (
        ranking.as_json()["total"],
        sorted((row.id, row.rank, row.name.en, str(row.figures)) for row in ranking.rows),
        {family: view.count_addresses(DAY, families=[family]) for family in ("emotet", "new-bot", UNPLACED_FAMILY)},
        sorted(map(str, listed.select(["key", "family"]).to_pylist() if "key" in listed.schema.names else [])),
        sorted(listed.column("family").to_pylist()),
    )


SPELLINGS = ("emotet-new", "Emotet_NEW", "foo", "new-bot", "NewBot.2", "", "Emotet", "avalanche-emotet")
PLACINGS = st.tuples(
    st.sampled_from(("emotet-new", "foo", "newbot2")), st.sampled_from(("emotet", "new-bot", UNPLACED_FAMILY))
)


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(SPELLINGS), min_size=1, max_size=12), st.lists(PLACINGS, max_size=4), st.booleans())
def test_a_name_that_is_placed_later_counts_as_if_it_had_been_placed_before(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], placings: list[tuple[str, str]], has_expired: bool
) -> None:
    folder = tmp_path_factory.mktemp("twice")
    before, after = folder / "before", folder / "after"
    for data in (before, after):
        data.mkdir()
    _place(before, placings)
    _ingest(before, names)
    _ingest(after, names)
    _place(after, placings)
    if has_expired:  # only roll-ups are left
        for data in (before, after):
            keeping.expire(Centre(data).lake, before=DAY.last + timedelta(days=1))
    assert _answers(before) == _answers(after)
