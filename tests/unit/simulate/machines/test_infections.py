from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.known_country import a_country, a_day, a_family, a_measure, an_isp

from quetsach.simulate import Country
from quetsach.simulate.machines.infections import CLEANED, OPEN, Epidemic, Infections, cleaning_of
from quetsach.simulate.machines.population import DAY, NEVER, Effect
from quetsach.simulate.machines.scenario import RollOut

NOTHING = Effect((), (), (), ())


def _play(country: Country, effect: Effect | None = None) -> Iterator[Infections]:
    epidemic = Epidemic(country, Effect.of(country) if effect is None else effect)
    return (epidemic.advance(day) for day in range(country.days))


def _levels(country: Country, effect: Effect | None = None) -> np.ndarray[Any, Any]:
    return np.array([_seconds(i, day).sum() / DAY for day, i in enumerate(_play(country, effect))])


def _seconds(infections: Infections, day: int) -> np.ndarray[Any, Any]:
    return np.clip(infections.ends - day * DAY, 0, DAY) - np.maximum(infections.begins - day * DAY, 0)


def _ended(country: Country, effect: Effect | None = None) -> Infections:
    return Infections.joined([today[today.causes != OPEN] for today in _play(country, effect)])


@pytest.mark.parametrize(("shape", "frailty"), [(1.0, 0.0), (0.7, 5.0), (1.5, 0.0)])
def test_without_growth_and_campaign_the_level_stays(shape: float, frailty: float) -> None:
    family = a_family(mean_days=20, shape=shape)
    isps = tuple(an_isp(f"n{n}") for n in range(4))
    levels = _levels(a_country(hosts=20_000, days=60, families=(family,), isps=isps, frailty=frailty))
    assert abs(levels[0] / 20_000 - 1) < 0.02
    assert abs(levels[-10:].mean() / levels[:10].mean() - 1) < 0.03


def test_reinfection_refills_what_new_infections_leave_out() -> None:
    family = a_family(mean_days=10, reinfection=0.5, reinfection_days=5)
    levels = _levels(a_country(hosts=20_000, days=80, families=(family,)))
    assert abs(levels[-20:].mean() / 20_000 - 1) < 0.06


def test_the_level_grows_as_it_is_told() -> None:
    levels = _levels(a_country(hosts=50_000, days=70, families=(a_family(mean_days=30, growth=-0.05 / 7),)))
    assert np.log(levels[-1] / levels[0]) == pytest.approx(-0.05 * 69 / 7, abs=0.03)


def test_infections_last_as_long_as_they_should() -> None:
    country = a_country(hosts=3000, days=120, families=(a_family(mean_days=5, shape=0.8),))
    ended = _ended(country)
    began_in_time = ended[(ended.begins >= 0) & (ended.begins < 40 * DAY)]
    lengths = (began_in_time.ends - began_in_time.begins) / DAY
    assert lengths.mean() == pytest.approx(5, rel=0.05)
    assert lengths.std() / lengths.mean() == pytest.approx(1.26, rel=0.06)  # of a Weibull of shape 0.8


def test_infections_that_began_before_the_start_were_drawn_as_those_that_last() -> None:
    epidemic = Epidemic(a_country(hosts=50_000, families=(a_family(mean_days=10),)), NOTHING)
    ages = -epidemic.advance(0).begins / DAY
    assert ages[ages > 0].mean() == pytest.approx(10, rel=0.03)  # an exponential length has no memory


def test_a_share_of_the_cleaned_comes_back_with_the_next_number() -> None:
    country = a_country(hosts=5000, days=100, families=(a_family(mean_days=10, reinfection=0.3, reinfection_days=5),))
    ended = _ended(country)
    first = ended.hosts[(ended.episodes == 0) & (ended.ends < 50 * DAY)]
    epidemic = list(_play(country))
    again = np.unique(np.concatenate([today.hosts[today.episodes == 1] for today in epidemic]))
    assert np.isin(first, again).mean() == pytest.approx(0.3, abs=0.03)


def test_a_machine_has_one_infection_at_a_time() -> None:
    country = a_country(hosts=500, days=60, families=(a_family(mean_days=3, reinfection=0.9, reinfection_days=2),))
    ended = _ended(country)
    order = np.lexsort((ended.begins, ended.hosts))
    same = ended.hosts[order][1:] == ended.hosts[order][:-1]
    assert same.sum() > 500
    assert np.all(ended.begins[order][1:][same] >= ended.ends[order][:-1][same])


def test_a_campaign_frees_the_share_that_it_is_designed_for_when_it_should() -> None:
    measure = a_measure(3, reduction=0.5, ramp_days=10)
    country = a_country(hosts=40_000, days=16, measures=(measure,))
    shares = 1 - _levels(country) / _levels(country, NOTHING)
    assert np.all(shares[:3] == 0)
    assert shares[8] == pytest.approx(0.5 * 5.5 / 10, abs=0.01)
    assert shares[15] == pytest.approx(0.5, abs=0.01)


def test_the_share_of_several_measures_multiplies() -> None:
    measures = (a_measure(0, id="a", reduction=0.5), a_measure(0, id="b", reduction=0.4))
    country = a_country(hosts=40_000, days=2, measures=measures)
    assert 1 - _levels(country)[1] / _levels(country, NOTHING)[1] == pytest.approx(0.7, abs=0.01)


def test_machines_that_a_campaign_does_not_free_have_the_same_infections_without_it() -> None:
    family = a_family(mean_days=10, reinfection=0.5)
    country = a_country(hosts=800, days=40, families=(family,), measures=(a_measure(10, reduction=0.5),))
    with_, without = _ended(country), _ended(country, NOTHING)
    spared = with_[(with_.freed == NEVER)]
    same = without[np.isin(without.hosts, spared.hosts)]
    assert len(spared) > 200
    for column in ("hosts", "episodes", "begins", "ends", "causes"):
        assert getattr(spared, column).tolist() == getattr(same, column).tolist()


def test_freed_machines_stay_free() -> None:
    family = a_family(mean_days=5, reinfection=0.9, reinfection_days=2)
    country = a_country(hosts=800, days=40, families=(family,), measures=(a_measure(10, reduction=1.0),))
    *_, last = _play(country)
    assert len(last) == 0


def test_what_ended_an_infection_is_known() -> None:
    measures = (a_measure(3, id="a", reduction=0.3), a_measure(5, id="b", reduction=0.3))
    ended = _ended(a_country(hosts=2000, days=10, families=(a_family(mean_days=20),), measures=measures))
    assert set(ended.causes.tolist()) == {CLEANED, 0, 1}
    assert set(ended.ends[ended.causes == 0].tolist()) == {3 * DAY}
    assert set(ended.ends[ended.causes == 1].tolist()) == {5 * DAY}


def test_a_factor_of_the_hazard_shortens_infections_by_itself() -> None:
    family = a_family(mean_days=10)
    country = a_country(hosts=5000, days=80, families=(family,), measures=(a_measure(0, cleaning=2.0),))
    ended = _ended(country)
    new = ended[(ended.begins >= 0) & (ended.begins < 30 * DAY)]
    assert ((new.ends - new.begins) / DAY).mean() == pytest.approx(5, rel=0.05)


def test_a_factor_of_the_hazard_ends_with_its_last_day() -> None:
    country = a_country(hosts=2000, days=30, measures=(a_measure(5, cleaning=5.0, last=a_day(10)),))
    effect = Effect.of(country)
    assert [effect.factors(day) is None or float(effect.factors(day)[0, 0, 0]) == 1 for day in (4, 5, 10, 11)] == [  # type: ignore[index]
        True,
        False,
        False,
        True,
    ]


def test_a_wedge_reaches_provinces_step_by_step_in_equal_parts() -> None:
    names = {f"P{n}": 1.0 for n in range(12)}
    measure = a_measure(10, reduction=1.0, roll_out=RollOut.WEDGE, steps=4, step_days=5, order_seed=3)
    country = a_country(hosts=3000, days=40, provinces=names, measures=(measure,))
    begins = Effect.of(country).starts[0][0, :-1] // DAY
    assert np.bincount(begins)[[10, 15, 20, 25]].tolist() == [3, 3, 3, 3]
    for day, today in enumerate(_play(country)):
        assert np.all(begins[today[_seconds(today, day) > 0].provinces] >= day)


def test_a_listed_roll_out_keeps_to_its_order() -> None:
    names = {f"P{n}": 1.0 for n in range(4)}
    order = ("P2", "P0", "P3", "P1")
    measure = a_measure(1, roll_out=RollOut.LISTED, steps=2, step_days=5, provinces=order)
    starts = Effect.of(a_country(provinces=names, measures=(measure,))).starts[0][0, :-1] // DAY
    assert starts.tolist() == [1, 6, 1, 6]


def test_shocks_come_to_all_countries_alike_or_to_each_for_itself() -> None:
    isps = (an_isp("one"), an_isp("abroad", country="XA"))
    plain = a_country(hosts=8000, days=40, isps=isps, families=(a_family(mean_days=2),))

    def differences(scenario: Country) -> tuple[float, float]:
        counts = [
            np.bincount(today.isps[today.begins >= day * DAY], minlength=2) for day, today in enumerate(_play(scenario))
        ]
        home, abroad = np.log(np.array(counts)).T
        return float(np.std(home - home.mean())), float(np.std((home - abroad) - (home - abroad).mean()))

    calm = differences(plain)
    common = differences(replace(plain, common_shock=0.1))
    own = differences(replace(plain, own_shock=0.1))
    assert common[0] > 3 * calm[0]
    assert common[1] < 1.5 * calm[1]
    assert own[1] > 3 * calm[1]


def test_another_seed_of_the_order_reaches_other_provinces_first() -> None:
    measure = a_measure(1, roll_out=RollOut.WEDGE, steps=4)
    country = a_country(provinces={f"P{n}": 1.0 for n in range(12)})
    first, second = (
        Effect.of(replace(country, measures=(replace(measure, order_seed=seed),))).starts[0] for seed in (1, 2)
    )
    assert first.tolist() != second.tolist()


def test_a_measure_keeps_to_its_provider_province_and_family() -> None:
    isps = (an_isp("one"), an_isp("two"), an_isp("abroad", country="XA"))
    families = (a_family("mirai"), a_family("necurs"))
    measure = a_measure(1, reduction=1.0, isps=("one",), provinces=("HA NOI",), families=("necurs",))
    *_, last = _play(a_country(hosts=2000, days=4, isps=isps, families=families, measures=(measure,)))
    at = last[(last.isps == 0) & (last.provinces == 0) & (last.families == 1)]
    assert len(at) == 0
    for column, value in (("isps", 1), ("isps", 2), ("provinces", 1), ("families", 0)):
        assert np.count_nonzero(getattr(last, column) == value) > 100


def test_nothing_reaches_neighbours() -> None:
    isps = (an_isp("one"), an_isp("abroad", country="XA"))
    *_, last = _play(a_country(hosts=500, days=3, isps=isps, measures=(a_measure(1, reduction=1.0),)))
    assert set(last.isps.tolist()) == {1}
    assert set(last.provinces.tolist()) == {-1}


def test_a_provider_cleans_by_its_own_factor() -> None:
    isps = (an_isp("slow", cleaning=0.5), an_isp("swift", cleaning=2.0))
    ended = _ended(a_country(hosts=4000, days=80, isps=isps, families=(a_family(mean_days=4),)))
    new = ended[(ended.begins >= 0) & (ended.begins < 20 * DAY)]
    lengths = (new.ends - new.begins) / DAY
    assert lengths[new.isps == 0].mean() == pytest.approx(8, rel=0.06)
    assert lengths[new.isps == 1].mean() == pytest.approx(2, rel=0.06)


def test_frailty_has_mean_one_and_the_variance_of_its_shape() -> None:
    isps = tuple(an_isp(f"n{n}") for n in range(3000))
    factors = cleaning_of(a_country(isps=isps, frailty=5.0))
    assert factors.mean() == pytest.approx(1, abs=0.03)
    assert factors.var() == pytest.approx(0.2, abs=0.03)
