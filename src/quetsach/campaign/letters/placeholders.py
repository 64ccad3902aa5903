"""Filling a template: ``{names in braces}`` are replaced by values, everything else stays as it was typed."""

import re
from collections.abc import Mapping

_NAME = re.compile(r"\{([a-z_]{1,30})\}")


def fill(text: str, values: Mapping[str, str]) -> str:
    """Replace the names that have a value; a value is never searched for names again."""
    return _NAME.sub(lambda found: values.get(found[1], found[0]), text)


def open_names(text: str) -> list[str]:
    """Return the names that are still in braces, in order, each once: somebody must write there."""
    return list(dict.fromkeys(_NAME.findall(text)))
