"""What a scan could not see, in one calm sentence and the next step; and how far it looked."""

from collections.abc import Iterator, Mapping

from quetsach.endpoint.look.conclusion import Gap
from quetsach.endpoint.look.reach import Extent, Reach

_MOST_NAMED = 10
_PARTS = ("places", "registry", "processes", "memory", "archives")


def gap_list(gaps: Mapping[str, int], words: Mapping[str, str]) -> str:
    """Return what was not seen, joined in one line.

    Args:
        gaps: gap -> how many things it is about, worst first.
        words: the messages ``report`` of a language.
    """
    return "; ".join(words[f"gap-{gap}"].format(count=number(count, words)) for gap, count in gaps.items())


def gap_text(gaps: Mapping[str, int], words: Mapping[str, str]) -> str:
    """Return what was not seen and what to do about it; empty when the scan was whole."""
    if not gaps:
        return ""
    return f"{words['gap'].format(gaps=gap_list(gaps, words))} {gap_step(gaps, words)}"


def gap_step(gaps: Mapping[str, int], words: Mapping[str, str]) -> str:
    """Return what to do about the worst of the gaps."""
    return words[f"gap-next-{next(iter(gaps))}"]


def is_narrow(gaps: Mapping[str, int]) -> bool:
    """Return whether only single, counted things were not seen, and the rest of the scan stands."""
    return all(Gap(gap).is_narrow for gap in gaps)


def families_text(reach: Reach, words: Mapping[str, str]) -> str:
    """Return which families were looked for in files only, and which were not; empty when all were by all signs."""
    return " ".join(_families(reach, words))


def _families(reach: Reach, words: Mapping[str, str]) -> Iterator[str]:
    if reach.by_content:
        yield words["reach-by-content"].format(count=number(len(reach.by_content), words))
    if reach.left_out:
        names = ", ".join(reach.left_out[:_MOST_NAMED]) + " …" * (len(reach.left_out) > _MOST_NAMED)
        yield words["reach-left-out"].format(count=number(len(reach.left_out), words), names=names)


def reach_text(reach: Reach, words: Mapping[str, str]) -> str:
    """Return how far a scan looked, beside files; a system without a registry lacks nothing."""
    extents = {part: Extent(getattr(reach, part)) for part in _PARTS}
    if extents["registry"] is Extent.NONE:
        del extents["registry"]
    return "; ".join(f"{words[f'reach-{part}']}: {words[f'extent-{extent}']}" for part, extent in extents.items())


def number(value: int, words: Mapping[str, str]) -> str:
    """Return a count with the thousands separator of the language."""
    return f"{value:,}".replace(",", words["thousands"])
