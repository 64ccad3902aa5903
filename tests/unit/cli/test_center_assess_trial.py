"""A trial within a provider: drawn, registered and analysed by the commands."""

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from django.db import OperationalError
from tests.centre import lay_out

from quetsach.centre.registered import registered
from quetsach.cli.center.assess import windows
from quetsach.cli.main import build_parser
from quetsach.core.errors import InputError, QuetsachError
from quetsach.web.office.audit.words import ACT_TITLES
from quetsach.web.office.campaigns.services import baseline
from quetsach.web.office.campaigns.services.baseline import RecordAct
from quetsach.web.office.log.models import LogEntry

PLAN = """
method = "trial"
outcome = "cleaned"
within_days = 14
target_points = 15
control_percent = 50
lost_percent = 5
source = "VNPT"
"""
CAMPAIGN_PLAN = """
method = "cits"
ramp = 6
start = 2999-05-03
target = "botnet-addresses"
target_percent = 50
controls = ["u0", "u1"]
feeds = ["own/sinkhole"]
before = {first = 2999-04-01, last = 2999-04-28}
after = {first = 2999-10-01, last = 2999-10-28}
[families]
mirai = 1.0
"""
START = date(2999, 5, 3)
SEED = "XSMB 2999-04-20 48213"


def _run(*words: object) -> int:
    parser = build_parser()
    arguments = parser.parse_args(["center", "assess", *(str(word) for word in words)])
    return int(arguments.run(arguments))


def _lot(folder: Path, *words: object, customers: int = 600, name: str = "garden") -> int:
    (folder / "customers.csv").write_text("customer\n" + "".join(f"sub-{n}\n" for n in range(customers)))
    units = words or ("--customers", folder / "customers.csv")
    settings = ("--start", START, "--seed", SEED, "--out", folder / "arms.csv", "--data", folder / "data")
    return _run("lot", name, *units, *settings)


def _registered(folder: Path, plan: str = PLAN, *more: object) -> Path:
    (folder / "plan.toml").write_text(plan)
    _run("register", "garden", "--plan", folder / "plan.toml", "--data", folder / "data", *more)
    return folder / "data/campaigns/garden/registration.json"


def _outcomes(folder: Path, effect: float, *, days: bool = False) -> Path:
    """A table of what became of them: half are clean without the measure."""
    generator, path = np.random.default_rng(5), folder / "outcomes.csv"
    with (folder / "arms.csv").open(newline="") as drawn, path.open("w") as made:
        made.write("customer,found,cleaned,until,arm\n")
        for row in csv.DictReader(drawn):
            found = date.fromisoformat(row["day"]) if days else START
            for number in range(10 if days else 1):
                name = f"{found}-{number}" if days else row["customer"]
                is_clean = generator.random() < 0.5 + effect * int(row["arm"])
                cleaned = found + timedelta(int(generator.integers(1, 14))) if is_clean else ""
                made.write(f"{name},{found},{cleaned},{found + timedelta(60)},{row['arm']}\n")
    return path


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_trial_is_drawn_registered_and_judged(
    tmp_path: Path, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _lot(tmp_path) == 0
    with (tmp_path / "arms.csv").open(newline="") as drawn:
        arms = {row["customer"]: row["arm"] for row in csv.DictReader(drawn)}
    assert sorted(arms.values()) == ["0"] * 300 + ["1"] * 300
    assert "sub-1" not in (tmp_path / "data/campaigns/garden/lot.json").read_text()
    signed = _registered(tmp_path)
    table = _outcomes(tmp_path, 0.4)
    capsys.readouterr()
    words = ("effect", "--panel", table, "--registration", signed, "--data", tmp_path / "data")
    assert _run(*words, "--lang", language) == 0
    told = capsys.readouterr().out
    assert ("Đạt chỉ tiêu: biện pháp" if language == "vi" else "Achieved: the measure") in told
    assert "VNPT" in told
    _run(*words, "--json")
    made = json.loads(capsys.readouterr().out)
    assert made["verdict"]["verdict"] == "achieved"
    assert made["difference"]["low"] < 0.4 < made["difference"]["high"]
    assert made["treated"]["followed"] + made["controls"]["followed"] == 600


def test_a_trial_over_days_is_judged_by_its_days(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _lot(tmp_path, "--days", f"{START}..{START + timedelta(55)}")
    signed = _registered(tmp_path, PLAN + "customers_a_day = 10\nalike = 0.02\n")
    capsys.readouterr()
    table = _outcomes(tmp_path, 0.4, days=True)
    _run("effect", "--panel", table, "--registration", signed, "--data", tmp_path / "data", "--json")
    made = json.loads(capsys.readouterr().out)
    assert made["trial"]["lot"]["drawn"] == "days"
    assert made["verdict"]["verdict"] == "achieved"


def test_outcomes_of_a_lot_that_was_changed_have_no_verdict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _lot(tmp_path)
    signed, table = _registered(tmp_path), _outcomes(tmp_path, 0.4)
    lines = table.read_text().splitlines(keepends=True)
    table.write_text("".join(lines[:-1]))
    capsys.readouterr()
    _run("effect", "--panel", table, "--registration", signed, "--data", tmp_path / "data", "--json")
    reasons = json.loads(capsys.readouterr().out)["verdict"]["reasons"]
    assert "other-customers" in {reason["code"] for reason in reasons}


def test_a_registration_of_another_centre_gives_no_verdict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _lot(tmp_path)
    signed, table = _registered(tmp_path), _outcomes(tmp_path, 0.4)
    capsys.readouterr()
    _run("effect", "--panel", table, "--registration", signed, "--data", tmp_path / "elsewhere", "--json")
    reasons = json.loads(capsys.readouterr().out)["verdict"]["reasons"]
    assert [reason["code"] for reason in reasons] == ["registration-of-another"]


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_trial_that_is_too_small_is_signed_only_when_that_is_asked_for(
    tmp_path: Path, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _lot(tmp_path, customers=100)
    with pytest.raises(InputError, match="of 100: nothing was signed"):
        _registered(tmp_path, PLAN, "--lang", language)
    told = capsys.readouterr().out
    assert ("QUÁ YẾU" if language == "vi" else "TOO WEAK") in told
    assert "167" in told  # on each side for 80 % of 50 against 65
    assert not (tmp_path / "data/campaigns/garden/registration.json").exists()
    assert _registered(tmp_path, PLAN, "--anyway").exists()


def test_a_lot_is_drawn_once(tmp_path: Path) -> None:
    _lot(tmp_path)
    with pytest.raises(InputError, match="drawn already"):
        _lot(tmp_path)


def test_a_trial_does_not_take_the_name_of_a_campaign(tmp_path: Path) -> None:
    folder = tmp_path / "data/campaigns/garden"
    folder.mkdir(parents=True)
    (folder / "roll-out.json").write_text("{}")
    with pytest.raises(InputError, match="name of a campaign"):
        _lot(tmp_path)
    assert not (folder / "lot.json").exists()


def test_a_trial_does_not_take_the_name_of_a_campaign_of_this_build(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="name of a campaign"):
        _lot(tmp_path, name="viet-nam-2020")
    assert not (tmp_path / "data/campaigns/viet-nam-2020").exists()


def test_a_campaign_does_not_take_the_name_of_a_trial(tmp_path: Path) -> None:
    _lot(tmp_path)
    (tmp_path / "units.csv").write_text("unit\n" + "".join(f"u{n}\n" for n in range(20)))
    settings = ("--steps", 5, "--first", START, "--seed", SEED, "--data", tmp_path / "data")
    with pytest.raises(InputError, match="name of a trial"):
        _run("rollout", "garden", "--units", tmp_path / "units.csv", *settings)
    assert not (tmp_path / "data/campaigns/garden/roll-out.json").exists()


def test_a_campaign_is_not_registered_where_a_trial_lies(tmp_path: Path) -> None:
    _lot(tmp_path)
    with pytest.raises(InputError, match="name of a trial"):
        _registered(tmp_path, CAMPAIGN_PLAN, "--anyway")
    assert not (tmp_path / "data/campaigns/garden/registration.json").exists()


def test_a_trial_is_not_registered_where_a_campaign_lies(tmp_path: Path) -> None:
    _lot(tmp_path)
    (tmp_path / "data/campaigns/garden/campaign.toml").write_text("")
    with pytest.raises(InputError, match="name of a campaign"):
        _registered(tmp_path)
    assert not (tmp_path / "data/campaigns/garden/registration.json").exists()


def test_a_trial_that_lies_with_a_campaign_is_not_its_analysis(tmp_path: Path) -> None:
    """The evaluation of the campaign goes on without a registration, as if none lay there."""
    _lot(tmp_path)
    _registered(tmp_path)
    assert registered(tmp_path / "data/campaigns/garden") is None
    with pytest.raises(InputError, match="has no panel"):
        _run("panel", "garden", "--data", tmp_path / "data")


def test_a_trial_without_a_lot_is_not_registered(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no lot"):
        _registered(tmp_path)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"cleaned"', '"healed"'),
        ('"cleaned"', '"stayed-clean"'),
        ("within_days = 14", "within_days = 14\nagain_days = 30"),
        ("target_points = 15", "target_points = 60"),
        ("target_points = 15", "target_points = 0"),
        ('source = "VNPT"', ""),
        ('source = "VNPT"', 'source = "VNPT"\ncolour = "red"'),
    ],
)
def test_a_plan_of_a_trial_that_cannot_be_kept_is_refused(tmp_path: Path, old: str, new: str) -> None:
    _lot(tmp_path)
    with pytest.raises(QuetsachError):
        _registered(tmp_path, PLAN.replace(old, new), "--anyway")
    assert not (tmp_path / "data/campaigns/garden/registration.json").exists()


def test_a_trial_is_analysed_by_its_registration_alone(tmp_path: Path) -> None:
    _lot(tmp_path)
    signed, table = _registered(tmp_path), _outcomes(tmp_path, 0.4)
    with pytest.raises(InputError, match="as it was registered"):
        _run("effect", "--panel", table, "--registration", signed, "--target", "5")
    with pytest.raises(InputError, match="has no panel"):
        _run("panel", "garden", "--data", tmp_path / "data")


def test_a_changed_registration_is_refused(tmp_path: Path) -> None:
    _lot(tmp_path)
    signed, table = _registered(tmp_path), _outcomes(tmp_path, 0.4)
    made = json.loads(signed.read_text())
    made["registration"]["target"] = 0.05
    signed.write_text(json.dumps(made))
    with pytest.raises(QuetsachError, match="changed"):
        _run("effect", "--panel", table, "--registration", signed, "--data", tmp_path / "data")


@pytest.fixture
def office(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lays out a centre whose database is that of the test."""

    @contextmanager
    def opened(_arguments: object) -> Iterator[datetime]:
        yield datetime(2026, 11, 29, tzinfo=UTC)

    monkeypatch.setattr(windows, "opened_centre", opened)
    (tmp_path / "data").mkdir()
    lay_out(tmp_path / "data")


def test_what_later_decides_a_verdict_stands_in_the_log(office: None, tmp_path: Path) -> None:
    _lot(tmp_path)
    signed = json.loads(_registered(tmp_path).read_bytes())
    lot = json.loads((tmp_path / "data/campaigns/garden/lot.json").read_bytes())
    entries = [(entry.act, entry.subject, entry.detail["sha256"]) for entry in LogEntry.objects.order_by("number")]
    assert entries == [
        ("lot-draw", "analysis:garden", lot["sha256"]),
        ("analysis-register", "analysis:garden", signed["sha256"]),
    ]
    assert {act.value for act in RecordAct} <= set(ACT_TITLES)


def test_what_cannot_be_logged_is_not_registered(office: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(**_named: object) -> None:
        raise OperationalError("disk I/O error")

    monkeypatch.setattr(baseline, "log_append", away)
    with pytest.raises(OperationalError):
        _lot(tmp_path)
    assert not (tmp_path / "data/campaigns/garden/lot.json").exists()


def test_what_is_kept_already_is_not_logged_again(office: None, tmp_path: Path) -> None:
    _lot(tmp_path)
    with pytest.raises(InputError, match="drawn already"):
        _lot(tmp_path)
    assert LogEntry.objects.count() == 1
