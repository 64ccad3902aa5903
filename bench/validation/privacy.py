"""Published tables under attack: how many small cells come back, from one publication and from two together."""

import numpy as np
from bench.validation import publications
from bench.validation.table import Row

from quetsach.assess.estimate import SMALLEST_CELL
from quetsach.assess.privacy import (
    Cell,
    Known,
    Published,
    Relation,
    Shift,
    Sum,
    hidden_cells,
    perturbed_cells,
    recovered,
    rounded_cells,
    together,
)
from quetsach.assess.privacy.suppression import known_of

PROVINCES, BOTNETS = 63, 10
WINDOW_DAYS = 30

type Sums = list[tuple[tuple[Cell, ...], Cell | None]]


def rows(*, short: bool, seed: int) -> list[Row]:
    """Return the rows of the table: the threshold alone as a contrast, then what is offered."""
    rng = np.random.default_rng(seed)
    tables = [_table(rng) for _ in range(3 if short else 40)]
    small = sum(_is_small(count) for counts, _ in tables for count in counts.values())
    cells = sum(len(counts) for counts, _ in tables)
    alone, hidden, taken, rounded, noisy = (np.zeros(2, dtype=int) for _ in range(5))
    for counts, sums in tables:
        only_small = {c: Known(1, 9) if _is_small(n) else Known.exactly(n) for c, n in counts.items()}
        alone += _attack(only_small, counts, sums)
        concealed = hidden_cells(counts, [Relation(parts, total) for parts, total in sums])
        more = {c: Known(0) if c in concealed else Known.exactly(n) for c, n in counts.items()}
        hidden += _attack(more, counts, sums)
        taken += (len(concealed), len(counts))
        rounded += _attack({c: r.known for c, r in rounded_cells(counts).items()}, counts, sums)
        noisy += _noisy(counts, sums)
    share = 100 * alone[0] / small
    size = f"{PROVINCES} provinces x {BOTNETS} botnets, {len(tables)} tables"
    return [
        Row(
            f"small cells hidden, nothing else ({size})",
            "contrast",
            f"{alone[0]} of {small} come back ({share:.0f} %)",
            passed=True,
        ),
        _row("more hidden until nothing comes back", hidden, f"{100 * taken[0] / taken[1]:.0f} % of cells hidden, "
             f"{100 * small / cells:.0f} % small"),
        _row("rounded to tens, totals of the country exact", rounded, ""),
        _row("cell-key noise, every total exact", noisy, ""),
        *_pair_rows(rng, 1 if short else 4),
        *publications.rows(short=short, seed=seed),
    ]  # fmt: skip


def _pair_rows(rng: np.random.Generator, pairs: int) -> list[Row]:
    """Attack two publications: windows that slide by a day, and totals to which a day is added."""
    made = []
    tables = [_table(rng) for _ in range(pairs)]
    for shift, what in ((Shift.SLID, "windows a day apart"), (Shift.GROWN, "a day added")):
        later = [(counts, _a_day_later(rng, counts, shift), sums) for counts, sums in tables]
        for name, publish in (("hidden", _hidden), ("rounded", _rounded), ("noise", _perturbed)):
            if shift is Shift.GROWN and name != "rounded":
                continue  # exact figures tell what came between them, moved ones where they seem to fall
            found = np.zeros(2, dtype=int)
            for first, second, sums in later:
                both = together(publish(first, sums), publish(second, sums), shift)
                protected = sum(not k.is_exact for k in both.shown.values())
                found += (len(recovered(both.shown, both.sums)), protected)
            made.append(_row(f"two publications, {what}: {name}", found, ""))
    return made


def _a_day_later(rng: np.random.Generator, counts: dict[Cell, int], shift: Shift) -> dict[Cell, int]:
    """Return the counts with another day, and without the first one where the window slides."""
    made = {}
    for cell, count in counts.items():
        if cell[1] != "all":
            left = int(rng.binomial(count, 1 / WINDOW_DAYS)) if shift is Shift.SLID else 0
            made[cell] = count - left + int(rng.poisson(max(count, 1) / WINDOW_DAYS))
    names = {province for province, _ in made}
    return made | {(p, "all"): sum(n for cell, n in made.items() if cell[0] == p) for p in names}


def _hidden(counts: dict[Cell, int], sums: Sums) -> Published:
    concealed = hidden_cells(counts, [Relation(parts, total) for parts, total in sums])
    shown = {c: Known(0) if c in concealed else Known.exactly(n) for c, n in counts.items()}
    return Published(shown, _exact(counts, sums))


def _rounded(counts: dict[Cell, int], sums: Sums) -> Published:
    return Published({c: r.known for c, r in rounded_cells(counts).items()}, _exact(counts, sums))


def _perturbed(counts: dict[Cell, int], sums: Sums) -> Published:
    inner = {cell: count for cell, count in counts.items() if cell[1] != "all"}
    printed = perturbed_cells(inner, key=b"k" * 32, table="validation")
    known = {cell: known_of(value) for cell, value in printed.items()}
    return Published(known, _exact(inner, [(parts, None) for parts, _ in sums if parts[0] in inner]))


def _exact(counts: dict[Cell, int], sums: Sums) -> list[Sum]:
    return [Sum(parts, whole or Known.exactly(sum(counts[c] for c in parts))) for parts, whole in sums]


def _row(measure: str, counts: np.ndarray, more: str) -> Row:
    got = f"{counts[0]} of {counts[1]} protected" + (f"; {more}" if more else "")
    return Row(f"cells that come back: {measure}", "0", got, counts[0] == 0)


def _table(rng: np.random.Generator) -> tuple[dict[Cell, int], Sums]:
    """Return inner cells and totals of provinces; the country's totals are printed beside them."""
    size = np.exp(rng.normal(0, 1.2, PROVINCES))[:, None] * np.exp(rng.normal(0, 1, BOTNETS)) * 40
    drawn = rng.poisson(size)
    names = [f"p{n:02d}" for n in range(PROVINCES)]
    columns = [f"b{n}" for n in range(BOTNETS)]
    counts = {(p, b): int(drawn[n, m]) for n, p in enumerate(names) for m, b in enumerate(columns)}
    counts |= {(p, "all"): int(drawn[n].sum()) for n, p in enumerate(names)}
    sums: Sums = [(tuple((p, b) for p in names), None) for b in (*columns, "all")]
    return counts, [*sums, *((tuple((p, b) for b in columns), (p, "all")) for p in names)]


def _attack(shown: dict[Cell, Known], counts: dict[Cell, int], sums: Sums) -> tuple[int, int]:
    """Attack with the country's totals exact, as they are published."""
    return len(recovered(shown, _exact(counts, sums))), sum(not k.is_exact for k in shown.values())


def _noisy(counts: dict[Cell, int], sums: Sums) -> tuple[int, int]:
    made = _perturbed(counts, sums)
    return len(recovered(made.shown, made.sums)), len(made.shown)


def _is_small(count: int) -> bool:
    return 0 < count < SMALLEST_CELL
