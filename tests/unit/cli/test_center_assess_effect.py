import ast
import json
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.unit.assess.effect.panels import csv_of, noisy, panel_of

from quetsach import storage
from quetsach.assess.effect.power_simulation import power_of
from quetsach.centre import panel
from quetsach.cli.main import build_parser
from quetsach.core.errors import InputError, QuetsachError
from quetsach.endpoint.messages.retold import retold

PLAN = """
method = "wedge"
start = 2999-05-03
target = "botnet-addresses"
target_percent = 50
feeds = ["own/sinkhole"]
before = {first = 2999-04-01, last = 2999-04-28}
after = {first = 2999-10-01, last = 2999-10-28}
[families]
mirai = 1.0
"""
CALM = ("--noise", "5")


def _run(*words: object) -> int:
    parser = build_parser()
    arguments = parser.parse_args(["center", "assess", *(str(word) for word in words)])
    return int(arguments.run(arguments))


@pytest.fixture(autouse=True)
def _rehearsed_with_few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is registered is looked at here; how well a rehearsal tells is that of ``test_power``."""
    monkeypatch.setattr(panel, "power_of", partial(power_of, draws=60))


@pytest.fixture
def wedge(tmp_path: Path) -> Path:
    """Thirty units in five steps, halved from their start on."""
    starts = [4 + 3 * (unit // 6) for unit in range(30)]
    outcome = np.exp(noisy(30, 26, deviation=0.1) / 20)
    panel = panel_of(np.where(np.arange(26) >= np.array(starts)[:, None], outcome / 2, outcome), starts)
    path = tmp_path / "wedge.csv"
    path.write_bytes(csv_of(panel))
    return path


@pytest.fixture
def centre(tmp_path: Path) -> Path:
    """A centre's data with an order drawn over the units of the wedge, and a registered analysis."""
    data = tmp_path / "data"
    (tmp_path / "units.csv").write_text("unit\n" + "".join(f"u{n}\n" for n in range(30)))
    (tmp_path / "plan.toml").write_text(PLAN)
    _draw(tmp_path, data)
    return data


def _draw(folder: Path, data: Path, seed: str = "XSMB 48213") -> int:
    settings = ("--steps", 5, "--first", "2999-05-03", "--every", "21d", "--seed", seed)
    return _run("rollout", "demo", "--units", folder / "units.csv", *settings, "--data", data)


def test_json_has_the_effect_and_why_there_is_no_verdict(wedge: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("effect", "--panel", wedge, "--method", "wedge", "--target", "40", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["method"] == "wedge"
    assert told["scale"] == "log"
    assert told["panel"]["starts"] == ["1974", "1977", "1980", "1983", "1986"]
    assert told["reduction"]["value"] == pytest.approx(0.5, abs=0.01)
    assert told["verdict"]["verdict"] is None
    assert [reason["code"] for reason in told["verdict"]["reasons"]] == ["not-registered"]
    assert "likelihood" not in told["verdict"]
    assert told["registered"] is None


@pytest.mark.parametrize("language", ["vi", "en"])
def test_without_a_registration_the_text_says_neither_achieved_nor_how_likely(
    wedge: Path, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _run("effect", "--panel", wedge, "--method", "wedge", "--target", "40", "--lang", language)
    told = capsys.readouterr().out
    assert not any(claim in told for claim in ("Đạt", "Achieved", "Khả năng mức giảm", "A reduction of at least"))
    assert ("không được đăng ký" if language == "vi" else "not registered") in told


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_refusal_is_told_with_what_was_measured(
    wedge: Path, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run("effect", "--panel", wedge, "--method", "sdid", "--lang", language) == 0
    told = capsys.readouterr().out
    assert ("số thời điểm bắt đầu 5" if language == "vi" else "times of start 5") in told


@pytest.mark.parametrize("method", ["did", "sc", "sdid", "cits"])
@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_method_is_told(tmp_path: Path, method: str, language: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "panel.csv"
    outcome = noisy(21, 30)
    outcome[0, 20:] -= 10
    path.write_bytes(csv_of(panel_of(outcome, [20] + [30] * 20)))
    _run("effect", "--panel", path, "--method", method, "--target", "10", "--lang", language)
    assert ("Kết luận" if language == "vi" else "Verdict") in capsys.readouterr().out


@pytest.mark.parametrize(
    "words", [("--target", "0"), ("--target", "100"), ("--target", "nan"), ("--ramp", "0"), ("--seed", "-1")]
)
def test_settings_out_of_range_are_refused(wedge: Path, words: tuple[str, ...]) -> None:
    with pytest.raises(InputError):
        _run("effect", "--panel", wedge, "--method", "cits", *words)


def test_without_a_registration_the_method_is_named(wedge: Path) -> None:
    with pytest.raises(InputError, match="no method"):
        _run("effect", "--panel", wedge)


def test_a_panel_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        _run("effect", "--panel", tmp_path / "none.csv", "--method", "did")


def test_an_order_is_drawn_once(centre: Path, tmp_path: Path) -> None:
    before = (centre / "campaigns/demo/roll-out.json").read_bytes()
    with pytest.raises(InputError, match="drawn already"):
        _draw(tmp_path, centre, seed="another seed")
    assert (centre / "campaigns/demo/roll-out.json").read_bytes() == before


def test_a_registration_takes_in_the_order_and_is_made_once(
    centre: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert _run("register", "demo", "--plan", tmp_path / "plan.toml", *CALM, "--data", centre, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert sum(map(len, told["order"])) == 30
    assert len(told["roll_out"]) == 64
    assert told["network"]
    with pytest.raises(InputError, match="registered already"):
        _run("register", "demo", "--plan", tmp_path / "plan.toml", *CALM, "--data", centre)


def test_a_registration_says_what_its_plan_could_find(
    centre: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    _run("register", "demo", "--plan", tmp_path / "plan.toml", *CALM, "--data", centre, "--lang", "en")
    told = capsys.readouterr().out
    assert told.index("Power: if the true effect is just the target (50 %)") < told.index("Signed the registered")
    power = json.loads((centre / "campaigns/demo/registration.json").read_text())["registration"]["power"]
    assert power["power"] >= 0.8
    assert 0 < power["detectable_80"] < 0.2
    assert power["detectable_90"] is None or power["detectable_80"] < power["detectable_90"]
    assert (power["noise"], power["correlation"], power["source"]) == (0.05, 0.5, "stated")


@pytest.mark.parametrize(("noise", "said"), [(("--noise", "200", "--correlation", "0.9"), "of 100"), ((), "not known")])
def test_a_plan_that_is_too_weak_or_of_unknown_power_is_signed_only_when_that_is_asked_for(
    centre: Path, tmp_path: Path, noise: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("register", "demo", "--plan", tmp_path / "plan.toml", *noise, "--data", centre, "--lang", "vi")
    with pytest.raises(InputError, match=said):
        _run(*words)
    assert ("QUÁ YẾU" if noise else "KHÔNG BIẾT LỰC") in capsys.readouterr().out
    assert not (centre / "campaigns/demo/registration.json").exists()
    assert _run(*words, "--anyway") == 0
    assert ("QUÁ YẾU" if noise else "KHÔNG BIẾT LỰC") in capsys.readouterr().out
    signed = json.loads((centre / "campaigns/demo/registration.json").read_text())["registration"]
    assert ("power" in signed) is bool(noise)


def test_the_noise_is_measured_from_figures_of_the_units_so_far(
    centre: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "far.csv").write_bytes(csv_of(panel_of(np.exp(noisy(30, 20, deviation=1.0) / 10), [20] * 30)))
    capsys.readouterr()
    figures = ("--panel", tmp_path / "far.csv")
    _run("register", "demo", "--plan", tmp_path / "plan.toml", *figures, "--data", centre, "--json")
    power = json.loads(capsys.readouterr().out)["power"]
    assert power["source"] == "panel"
    assert power["noise"] == pytest.approx(0.1, rel=0.15)


def test_without_an_order_the_units_of_the_figures_so_far_that_are_no_controls_begin_together(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    controls = [f"u{n}" for n in range(1, 25)]
    plan = PLAN.replace('"wedge"', f'"cits"\nramp = 4\ncontrols = {json.dumps(controls)}')
    plan = plan.replace("first = 2999-04-01, last = 2999-04-28", "first = 2999-01-01, last = 2999-01-28")
    (tmp_path / "plan.toml").write_text(plan)
    (tmp_path / "far.csv").write_bytes(csv_of(panel_of(np.exp(noisy(25, 20, deviation=0.3) / 10), [20] * 25)))
    figures = ("--panel", tmp_path / "far.csv", "--data", tmp_path)
    _run("register", "demo", "--plan", tmp_path / "plan.toml", *figures, "--json")
    power = json.loads(capsys.readouterr().out)["power"]
    assert power["source"] == "panel"
    assert power["power"] > 0.8


@pytest.mark.parametrize("language", ["vi", "en"])
def test_what_happened_to_the_order_is_kept_and_told(
    centre: Path, tmp_path: Path, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("fidelity", "demo", "--data", centre, "--lang", language)
    capsys.readouterr()
    assert _run(*words) == 0
    assert ("Chưa có ghi chép" if language == "vi" else "Nothing was recorded") in capsys.readouterr().out
    steps = json.loads((centre / "campaigns/demo/roll-out.json").read_text())["roll_out"]["steps"]
    lines = [f"{unit},{step['first_day']},report,2999-12-01," for step in steps for unit in step["units"]]
    lines[0] = lines[0].replace("2999-05-03", "")
    lines[-1] += "2999-05-10"
    record = tmp_path / "starts.csv"
    record.write_text("unit,started,source,noted,reached_before\n" + "\n".join(lines))
    assert _run(*words, "--record", record) == 0
    told = capsys.readouterr().out
    assert ("không bắt đầu" if language == "vi" else "never") in told
    assert ("nhỏ hơn thực tế" if language == "vi" else "smaller than the effect") in told
    _run(*words, "--json")
    made = json.loads(capsys.readouterr().out)["fidelity"]
    assert [step["never"] for step in made["steps"]] == [1, 0, 0, 0, 0]
    assert [step["reached_before"] for step in made["steps"]] == [0, 0, 0, 0, 1]
    record.write_text(record.read_text().replace("report", "another report"))
    _run(*words, "--record", record)
    assert len(list((centre / "campaigns/demo/fidelity").iterdir())) == 2


def test_a_record_of_other_units_is_not_kept(centre: Path, tmp_path: Path) -> None:
    (tmp_path / "starts.csv").write_text("unit,started,source,noted\nnowhere,,x,2999-12-01\n")
    with pytest.raises(QuetsachError, match="not drawn"):
        _run("fidelity", "demo", "--record", tmp_path / "starts.csv", "--data", centre)
    assert not (centre / "campaigns/demo/fidelity").exists()
    with pytest.raises(InputError, match="no order"):
        _run("fidelity", "other", "--data", centre)


def test_an_order_is_rehearsed_before_it_is_drawn(
    centre: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    shape = ("--units", tmp_path / "units.csv", "--steps", 5, "--first", "2999-05-03", "--data", centre)
    assert _run("rollout", "other", *shape, "--rehearse", "--noise", "20", "--lang", "en") == 0
    assert "Smallest reduction that is found" in capsys.readouterr().out
    assert not (centre / "campaigns/other").exists()
    assert _run("rollout", "other", *shape, "--seed", "XSMB 48213", "--noise", "20", "--json") == 0
    assert json.loads(capsys.readouterr().out)["power"]["power"] > 0.8
    for words in ((), ("--rehearse", "--seed", "XSMB 48213")):
        with pytest.raises(InputError, match="drawn or rehearsed"):
            _run("rollout", "third", *shape, *words)


@pytest.mark.parametrize(("controls", "is_told"), [(18, True), (19, False)])
def test_a_registration_with_too_few_controls_for_an_effect_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], controls: int, *, is_told: bool
) -> None:
    names = [f"u{n}" for n in range(controls)]
    plan = PLAN.replace('"wedge"', f'"cits"\nramp = 9\ncontrols = {json.dumps(names)}')
    (tmp_path / "plan.toml").write_text(plan)
    assert (
        _run("register", "demo", "--plan", tmp_path / "plan.toml", "--data", tmp_path, "--anyway", "--lang", "en") == 0
    )
    assert ("can never be that the target is achieved; 19 are needed" in capsys.readouterr().out) is is_told


def test_the_key_of_registrations_is_for_its_owner_alone(centre: Path, tmp_path: Path) -> None:
    _run("register", "demo", "--plan", tmp_path / "plan.toml", *CALM, "--data", centre)
    assert (centre / "campaigns/keys/registration.pem").stat().st_mode & 0o777 == 0o600


def test_there_is_no_verdict_where_the_analysis_departs(
    centre: Path, tmp_path: Path, wedge: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _run("register", "demo", "--plan", tmp_path / "plan.toml", *CALM, "--data", centre)
    capsys.readouterr()
    signed = centre / "campaigns/demo/registration.json"
    _run("effect", "--panel", wedge, "--method", "wedge", "--registration", signed, "--json")
    told = json.loads(capsys.readouterr().out)
    reasons = {reason["code"] for reason in told["verdict"]["reasons"]}
    assert {"not-as-registered", "departs-in-order", "panel-of-unknown-origin"} <= reasons
    assert [notice["code"] for notice in told["registered"]["departures"]] == ["departs-in-order"]


def test_a_panel_with_the_registered_units_that_the_centre_did_not_make_has_no_verdict(
    centre: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _run("register", "demo", "--plan", tmp_path / "plan.toml", *CALM, "--data", centre)
    order = json.loads((centre / "campaigns/demo/roll-out.json").read_text())["roll_out"]["steps"]
    step_of = {unit: index for index, step in enumerate(order) for unit in step["units"]}
    starts = [4 + 3 * step_of[f"u{n}"] for n in range(30)]
    outcome = np.exp(noisy(30, 26, deviation=0.1) / 20)
    outcome[np.arange(26) >= np.array(starts)[:, None]] /= 3
    path = tmp_path / "kept.csv"
    path.write_bytes(csv_of(panel_of(outcome, starts)))
    capsys.readouterr()
    signed = centre / "campaigns/demo/registration.json"
    _run("effect", "--panel", path, "--registration", signed, "--data", centre, "--json")
    told = json.loads(capsys.readouterr().out)
    assert told["registered"] == {"as_registered": True, "departures": []}
    assert [reason["code"] for reason in told["verdict"]["reasons"]] == ["panel-of-unknown-origin"]


@pytest.mark.parametrize("name", ["../demo", "demo/..", "", "DEMO"])
def test_a_campaign_is_an_identifier(tmp_path: Path, name: str) -> None:
    (tmp_path / "plan.toml").write_text(PLAN)
    with pytest.raises(QuetsachError):
        _run("register", name, "--plan", tmp_path / "plan.toml", *CALM, "--data", tmp_path)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('method = "wedge"', 'method = "anova"'),
        ("target_percent = 50", "target_percent = 0"),
        ("start = 2999-05-03", "start = 2020-05-03"),
        ("mirai = 1.0", 'mirai = "much"'),
        ('target = "botnet-addresses"\n', ""),
        ('method = "wedge"', 'method = "wedge"\ncolour = "red"'),
    ],
)
def test_a_plan_that_cannot_be_kept_is_refused(centre: Path, tmp_path: Path, old: str, new: str) -> None:
    (tmp_path / "plan.toml").write_text(PLAN.replace(old, new))
    with pytest.raises(QuetsachError):
        _run("register", "demo", "--plan", tmp_path / "plan.toml", *CALM, "--data", centre)
    assert not (centre / "campaigns/demo/registration.json").exists()


SOURCES = Path(__file__).parents[3] / "src" / "quetsach"
RAISED = (
    *(SOURCES / f"centre/{name}.py" for name in ("panel", "registered")),
    SOURCES / "assess/sealed.py",
    *sorted((SOURCES / "assess/trial").glob("*.py")),
    *sorted((SOURCES / "assess" / "effect").glob("*.py")),
    *sorted((SOURCES / "cli/center").rglob("*.py")),
)

RAISING = re.compile(r"(?!_?log).*(Error|\.error|write_once)")
"""What is called to raise an error; a logger's ``error`` is none."""


def _said(source: Path) -> Iterator[str]:
    """Yield the sentences of errors and their hints, with 7 wherever something is filled in."""
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Call) and re.fullmatch(
            r"(?!_?log).*(Error|\.error|write_once)", ast.unparse(node.func)
        ):
            for value in (*node.args, *(keyword.value for keyword in node.keywords if keyword.arg == "hint")):
                parts = value.values if isinstance(value, ast.JoinedStr) else [value]
                yield "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in parts)


@pytest.mark.parametrize("source", RAISED, ids=lambda path: str(path.relative_to(SOURCES)))
def test_what_goes_wrong_is_told_in_vietnamese_too(source: Path) -> None:
    """Options and commands in a hint are no sentences."""
    sentences = {text for text in _said(source) if " " in text and not text.startswith(("--", "quetsach"))}
    assert {text for text in sentences if retold(text, "vi") == text} <= {"the column 7 7"}


def test_a_file_that_is_too_large_is_refused_and_never_read_in_part(tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    path.write_bytes(b"x" * (2 << 20))
    with pytest.raises(InputError, match="larger than 1 MiB"):
        storage.read_input(path, most_bytes=1 << 20)


@pytest.fixture
def one(tmp_path: Path) -> Path:
    """One of 21 units, halved from its start on, with how many people each has."""
    outcome = np.exp(noisy(21, 24, deviation=0.05) / 20)
    outcome[0, 16:] /= 2
    lines = csv_of(panel_of(outcome, [16] + [24] * 20)).decode().splitlines()
    people = [f"{line},{1000 + 7 * len(line) + 13 * number % 50}" for number, line in enumerate(lines[1:])]
    path = tmp_path / "one.csv"
    path.write_text("\n".join([lines[0] + ",people", *people]))
    return path


def _json(capsys: pytest.CaptureFixture[str], *words: object) -> dict[str, Any]:
    assert _run("effect", *words, "--json") == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


def test_a_stated_spill_over_widens_the_effect_and_is_said(one: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plain = _json(capsys, "--panel", one, "--method", "sdid")
    stated = _json(capsys, "--panel", one, "--method", "sdid", "--spill-over", 25)
    assert stated["effect"]["low"] == pytest.approx(plain["effect"]["low"] / 0.75)
    assert stated["effect"]["value"] == plain["effect"]["value"]
    assert [notice["code"] for notice in stated["notices"]] == ["spill-over"]
    assert "25%" in stated["notices"][0]["text"]["vi"]


@pytest.mark.parametrize("share", [-1, 100, "nan"])
def test_a_spill_over_of_everything_is_refused(one: Path, share: object) -> None:
    with pytest.raises(InputError, match="less than 100"):
        _run("effect", "--panel", one, "--method", "did", "--spill-over", share)


def test_an_interval_that_no_number_holds_is_told_as_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of figures that differ by hundreds of orders of magnitude, as no campaign's do."""
    generator = np.random.default_rng(7)
    starts = [int(start) for start in generator.integers(1, 8, 7)]
    panel = tmp_path / "panel.csv"
    panel.write_bytes(csv_of(panel_of(np.exp(generator.standard_normal((7, 7)) * 200), starts)))
    assert _run("effect", "--panel", panel, "--method", "did", "--target", "50", "--lang", "en") == 0
    told = capsys.readouterr().out
    [trend] = [line for line in told.splitlines() if line.startswith("If the gap had kept its trend")]
    assert trend.split()[-3:] == ["–", "–", "–"]
    assert "There is no reduction in per cent" in told


def test_covariates_are_columns_of_the_panel(one: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plain = _json(capsys, "--panel", one, "--method", "sc")
    adjusted = _json(capsys, "--panel", one, "--method", "sc", "--covariate", "people")
    assert adjusted["effect"]["value"] != plain["effect"]["value"]
    with pytest.raises(QuetsachError, match="the column area is missing"):
        _run("effect", "--panel", one, "--method", "sc", "--covariate", "area")
    with pytest.raises(QuetsachError, match="no covariates"):
        _run("effect", "--panel", one, "--method", "did", "--covariate", "people")


def test_the_range_that_is_judged_is_told_before_the_tables(one: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("effect", "--panel", one, "--method", "did", "--lang", "vi") == 0
    told = capsys.readouterr().out
    assert "16 kỳ trước khi bắt đầu chưa đủ để loại trừ" in " ".join(told.split())
    assert told.index("chưa đủ") < told.index("ước lượng khác")
    lines = told.splitlines()
    reduction = next(n for n, line in enumerate(lines) if line.startswith("Mức giảm nhờ can thiệp"))
    assert lines[reduction + 1].startswith("  Nếu kể cả xu hướng hoặc đường cong chưa loại trừ được: từ ")


def test_a_registered_spill_over_stands_unless_another_is_named(
    centre: Path, tmp_path: Path, wedge: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text("spill_over_percent = 20\n" + PLAN)
    _run("register", "demo", "--plan", plan, *CALM, "--data", centre)
    capsys.readouterr()
    signed = centre / "campaigns/demo/registration.json"
    for options, percent, departs in (((), "20 %", False), (("--spill-over", 5), "5 %", True)):
        told = _json(capsys, "--panel", wedge, "--registration", signed, *options)
        assert [percent in one["text"]["en"] for one in told["notices"] if one["code"] == "spill-over"] == [True]
        codes = {one["code"] for one in told["registered"]["departures"]}
        assert ("departs-in-spill-over" in codes) is departs
