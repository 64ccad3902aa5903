"""Whole campaigns from feed files to the verdict: does the interval hold what the campaign truly did?

Each campaign is the scenario ``small-wedge`` with a seed of its own and an order of roll-out that the product draws.
Its feed files are taken in by ``center ingest``, its analysis is registered before the start, its panel is counted from
the lake as ``center assess panel`` does, and it is analysed and judged as ``center evaluate`` does. Registered are the
usual settings but for ``exposure``: the campaign is known to be whole within a week, so two weeks have a coefficient of
their own.

**The true effect** is the causal quantity ``R = 1 - E[N | campaign] / E[N | no campaign]``
for the machines N that are on line in the third week since the start and later. By design each machine would be freed
with the probability ``reduction`` of the scenario, so R is that number exactly; the paired plays (with the measure and
without, on the same random numbers, from the truth's Parquet) add up to it, which a line of the table shows.

A single campaign's own pair has another ratio, because chance decided which of its 480 machines were freed. The
interval is for R: it must allow for that lottery. Of the own ratio it covers more, since the estimate shares the
lottery's luck; that line is there for contrast.

The full version plays 100 campaigns and 50 without effect in two processes: about 35 minutes of CPU.
"""

import contextlib
import io
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from bench.validation.table import Row
from statsmodels.stats.proportion import proportion_confint

from quetsach.assess.effect import Design, Finding, Method, Scale, analyse, read_panel
from quetsach.assess.effect.grounds import Grounds
from quetsach.assess.effect.panel import Bools, Floats
from quetsach.assess.effect.registration import PanelPlan, Registration, seal
from quetsach.assess.effect.roll_out import RollOut, draw_roll_out
from quetsach.assess.effect.verdict import Verdict, Word, judge
from quetsach.assess.effect.wedge_effects import exposure_times
from quetsach.centre.centre import Centre
from quetsach.centre.panel import campaign_panel
from quetsach.centre.registered import REGISTRATION, ROLL_OUT, registered, registration_key
from quetsach.centre.tables import bundled_ranges, load_network_tables, scenario_content
from quetsach.cli.main import build_parser
from quetsach.core.period import Period
from quetsach.lake.lake import Lake
from quetsach.simulate import Country, Order, read_country, write_country
from quetsach.simulate.machines.scenario import RollOut as Reach
from quetsach.simulate.machines.truth import CAMPAIGN

CAMPAIGNS, NULLS = 100, 50
SCENARIO, NAME, TARGET, EXPOSURE = "small-wedge", "trial", 0.5, 2
JUDGED = 0.85
"""Share of campaigns with a verdict: the check of trends before the start fails by chance in one of twenty."""
_MADE = datetime(2024, 3, 1, tzinfo=UTC)
_WEEK_SECONDS = 7 * 86_400


@dataclass(frozen=True, slots=True)
class Campaign:
    """What came of a campaign.

    ``truth`` are machines on line with the campaign and without it (2 x units x weeks), ``counted`` those of the panel
    (units x weeks), ``whole`` the cells that the effect is told from. ``finding`` is None where it was refused, and
    ``word`` where there is no verdict.
    """

    truth: Floats
    counted: Floats
    whole: Bools
    finding: Finding | None
    word: Word | None

    @property
    def own(self) -> float:
        """The reduction of this campaign's own machines."""
        with_, without = (float(play[self.whole].sum()) for play in self.truth)
        return 1 - with_ / without

    def covers(self, reduction: float) -> bool:
        """Whether the interval holds a reduction."""
        found = self.finding and self.finding.reduction
        return bool(found and found.low <= reduction <= found.high)


def play(seed: int, reduction: float) -> Campaign:
    """Play, take in, count, analyse and judge one campaign."""
    content, file = scenario_content(SCENARIO)
    country = read_country(content, file=file)
    with tempfile.TemporaryDirectory(prefix="quetsach-") as folder:
        data, played = Path(folder, "data"), Path(folder, "country")
        names = _codes(country, data)
        order = _order(country, names, seed)
        reached = tuple(names[unit] for step in order.steps for unit in step)
        measure = replace(country.measures[0], roll_out=Reach.LISTED, provinces=reached, reduction=reduction)
        country = replace(country, measures=(measure,))
        write_country(Order(content, country, seed=seed), bundled_ranges(), played)
        _take_in(sorted((played / "feeds" / "own").iterdir()), data)
        registration = _register(country, order, data)
        made = campaign_panel(registration, Centre(data), Lake(data / "lake").view())
        panel = read_panel(made.content, where="panel.csv")
        truth = _truth(played / "truth" / "days.parquet", [names[unit] for unit in panel.units], country)
    answer = analyse(panel, registration.design)
    verdict = judge(Grounds(answer, panel, registration.design, TARGET, registration, made.origin))
    return Campaign(
        truth,
        panel.outcome,
        exposure_times(panel.starts, panel.periods) >= EXPOSURE,
        answer if isinstance(answer, Finding) else None,
        verdict.word if isinstance(verdict, Verdict) else None,
    )


def _codes(country: Country, data: Path) -> Mapping[str, str]:
    """Return the scenario's names of provinces by their codes."""
    regions, day = load_network_tables(data).regions, country.period.first
    return {regions.province(name, day).code: name for name in country.provinces}


def _order(country: Country, units: Iterable[str], seed: int) -> RollOut:
    measure = country.measures[0]
    return draw_roll_out(
        dict.fromkeys(units, 1.0),
        campaign=NAME,
        seed=f"a public draw, {seed}",
        steps=measure.steps,
        first=measure.first,
        every_days=measure.step_days,
        is_by_size=False,
        now=_MADE,
    )


def _take_in(files: list[Path], data: Path) -> None:
    """Take the feed files in by the command."""
    parser = build_parser()
    words = ["center", "ingest", *map(str, files), "--feed", "plain", "--report", "own", "--data", str(data)]
    arguments = parser.parse_args(words)
    with contextlib.redirect_stdout(io.StringIO()):
        if arguments.run(arguments):
            raise RuntimeError(data)


def _register(country: Country, order: RollOut, data: Path) -> Registration:
    """Sign the analysis before the start; return it as it is read back."""
    last, start = country.period.last, order.first
    before = Period(country.period.first, start - timedelta(days=1))
    made = Registration(
        campaign=NAME,
        start=start,
        before=before,
        after=Period(last - timedelta(days=before.days - 1), last),
        design=Design(Method.WEDGE, Scale.COUNT, dummies=EXPOSURE),
        target=TARGET,
        controls=(),
        feeds=("plain/own",),
        families=tuple((family.spelling, 1.0) for family in country.families),
        network=load_network_tables(data).version,
        order=order.steps,
        roll_out=order.digest,
        registered_at=_MADE,
        panel=PanelPlan("botnet-addresses"),
    )
    key, folder = registration_key(data / "campaigns" / "keys", lambda *_: ""), data / "campaigns" / NAME
    folder.mkdir(parents=True)
    sealed = seal(made, public_key=key.public_key().public_bytes_raw(), sign=key.sign)
    (folder / REGISTRATION).write_bytes(sealed)
    (folder / ROLL_OUT).write_bytes(order.to_json())
    return registered(folder) or made


def _truth(days: Path, provinces: list[str], country: Country) -> Floats:
    """Return machines on line of both plays by province and week."""
    levels = np.zeros((2, len(provinces), country.days // 7))
    at = {name: number for number, name in enumerate(provinces)}
    for row in pq.read_table(days).to_pylist():
        week = country.day(row["day"]) // 7
        levels[int(row["play"] != CAMPAIGN), at[row["province"]], week] += row["online_seconds"] / _WEEK_SECONDS
    return levels


def rows(*, short: bool, seed: int) -> list[Row]:
    """Return the table."""
    many, nulls = (1, 1) if short else (CAMPAIGNS, NULLS)
    reductions = [TARGET] * many + [0.0] * nulls
    played = list(_played(range(seed, seed + many + nulls), reductions, short=short))
    return [*_campaign_rows(played[:many]), *_null_rows(played[many:])]


def _played(seeds: range, reductions: list[float], *, short: bool) -> Iterator[Campaign]:
    if short:
        yield from map(play, seeds, reductions)
        return
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes:
        yield from processes.map(play, seeds, reductions)


def _campaign_rows(played: list[Campaign]) -> list[Row]:
    judged = sum(campaign.word is not None for campaign in played)
    errors = np.concatenate([(c.counted - c.truth[0])[c.truth[0] > 0] / c.truth[0][c.truth[0] > 0] for c in played])
    sums = np.array([[level[c.whole].sum() for level in c.truth] for c in played]).sum(axis=0)
    paired = 1 - sums[0] / sums[1]
    reductions = [c.finding.reduction for c in played if c.finding and c.finding.reduction]
    bias = np.mean([found.value for found in reductions]) - TARGET
    width = np.mean([found.high - found.low for found in reductions])
    words = ", ".join(f"{sum(c.word is word for c in played)} {word.value}" for word in Word)
    slack = 3 * 0.5 / np.sqrt(max(1.0, sums[1] / 8))  # machines are the same from week to week
    cover, ends = _share([c.covers(TARGET) for c in played])
    more = f"; bias {100 * bias:+.1f}, width {100 * width:.1f} points"
    what = f"{len(played)} campaigns of {TARGET:.0%}, from feed files to the verdict"
    own, _ = _share([c.covers(c.own) for c in played])
    return [
        Row(f"{what}: with a verdict", f">= {JUDGED:.0%}", f"{judged} ({words})", judged >= JUDGED * len(played)),
        Row(
            "machines of a province and week against the truth, mean error",
            "< 2 %",
            f"{errors.mean():+.2%}, standard deviation {errors.std():.2%}",
            bool(abs(errors.mean()) < 0.02),
        ),
        Row("reduction of all pairs together", f"{TARGET:.0%}", f"{paired:.1%}", bool(abs(paired - TARGET) < slack)),
        _cover_row("95 % intervals hold the true effect", cover, ends, more),
        Row("95 % intervals hold the ratio of the campaign's own pair", "contrast", f"{own:.1%}", passed=True),
    ]


def _null_rows(nulls: list[Campaign]) -> list[Row]:
    what = f"{len(nulls)} campaigns without effect, from feed files to the verdict"
    cover, (low, high) = _share([campaign.covers(0.0) for campaign in nulls])
    wrong, (fewest, _) = _share([campaign.word is Word.ACHIEVED for campaign in nulls])
    return [
        _cover_row(f"{what}: 95 % intervals hold none", cover, (low, high), ""),
        Row('false "achieved" among them', "<= 2.5 %", f"{wrong:.1%}", fewest <= 0.025),
    ]


def _cover_row(what: str, cover: float, ends: tuple[float, float], more: str) -> Row:
    """Judge a cover: it is missed only where its own interval lies outside of what is promised."""
    low, high = ends
    return Row(what, "93 to 97 %", f"{cover:.1%} ({low:.1%} to {high:.1%}){more}", low <= 0.97 and high >= 0.93)


def _share(hits: list[bool]) -> tuple[float, tuple[float, float]]:
    """Return a share with its interval after Wilson."""
    low, high = proportion_confint(sum(hits), len(hits), method="wilson")
    return sum(hits) / len(hits), (float(low), float(high))
