"""Whatever is given as a panel is read, refused with a reason, or analysed: nothing else happens."""

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from quetsach.assess.effect import Design, Finding, Method, Panel, analyse, read_panel
from quetsach.assess.effect.panel import Step, periods_of
from quetsach.assess.estimate import AssessError, NotEstimable
from quetsach.cli.center.assess.effect import MEASURED

_CELLS = st.sampled_from(
    ["a", "b", "2000", "2001", "2020-06", "1", "0", "-1.5", "", "NA", "true", '"', "1e400", "\x00", ";"]
)
_LINES = st.lists(st.lists(_CELLS, max_size=5).map(",".join), max_size=8).map("\n".join)


@given(st.one_of(st.binary(max_size=200), _LINES.map(lambda text: b"unit,period,outcome,treated\n" + text.encode())))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_a_panel_or_refused(content: bytes) -> None:
    try:
        panel = read_panel(content, where="x")
    except AssessError:
        return
    assert panel.outcome.shape == panel.shape
    assert len(panel.starts) == len(panel.units)


@given(
    st.integers(1, 14),
    st.integers(1, 14),
    st.integers(0, 10_000),
    st.sampled_from(list(Method)),
    st.floats(0, 0.3),
    st.sampled_from([1e-200, 1e-3, 1.0, 1e6, 1e150]),
    st.booleans(),
)
@example(units=12, periods=14, seed=1, method=Method.WEDGE, gaps=0.0, size=1e-200, is_flat=False)
@settings(max_examples=300, deadline=None)
def test_any_panel_gives_a_finding_or_a_refusal(
    units: int, periods: int, seed: int, method: Method, gaps: float, size: float, is_flat: bool
) -> None:
    generator = np.random.default_rng(seed)
    outcome = size * (np.ones((units, periods)) if is_flat else generator.standard_normal((units, periods)))
    outcome[generator.random((units, periods)) < gaps] = np.nan
    starts = (
        generator.integers(0, periods + 1, units) if seed % 2 else np.where(np.arange(units) < 2, periods // 2, periods)
    )
    axis = periods_of(Step.NUMBER, ((year, str(year)) for year in range(periods)))
    answer = analyse(Panel(tuple(map(str, range(units))), axis, outcome, starts.astype(np.int64)), Design(method))
    assert isinstance(answer, Finding | NotEstimable)
    if isinstance(answer, NotEstimable):
        assert set(answer.measured) <= set(MEASURED)
    else:
        assert answer.effect.low <= answer.effect.value <= answer.effect.high
        assert np.isfinite([answer.effect.low, answer.effect.high, answer.spread.p_value]).all()
