"""Numbers as people write them (1.234,5 in Vietnamese, 1,234.5 in English), and which are too small to be published."""


# Numbers as people write them: 1.234,5 in Vietnamese, 1,234.5 in English.

_SEPARATORS = {"vi": str.maketrans(",.", ".,")}
"""Language -> how its separators differ from the English ones, which any other language gets."""
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def number_text(value: float, language: str, *, decimals: int = 0, signed: bool = False) -> str:
    """Return a number with the separators of a language, and a minus that is no hyphen."""
    text = f"{value:{'+' if signed else ''},.{decimals}f}".replace("-", "\u2212")
    return text.translate(_SEPARATORS.get(language, {}))


def size_text(size_bytes: int, language: str) -> str:
    """Return a size in the largest binary unit that leaves at least 1, with one decimal from KiB on."""
    size, unit = float(size_bytes), 0
    while size >= 1024 and unit < len(_UNITS) - 1:
        size, unit = size / 1024, unit + 1
    return f"{number_text(size, language, decimals=min(unit, 1))} {_UNITS[unit]}"


# What is too small to be published.

SMALLEST_CELL = 10
"""A published breakdown shows no figure of fewer, and none of those that would give such a one away (ADR 0025).

Zero is not shown either: none is also a statement about few. Whole-country totals are exact.
"""
