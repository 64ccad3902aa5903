"""What the endpoint tool says, in Vietnamese and English: one TOML file for each part and language."""

import functools
import tomllib
from collections.abc import Mapping
from importlib import resources

LANGUAGES = ("vi", "en")
"""The languages there are texts in; the first is the default."""


@functools.cache
def messages(part: str, language: str) -> Mapping[str, str]:
    """Return the texts of one part of the tool: key -> text, to be filled with ``str.format``.

    Args:
        part: a file here, such as ``scan`` for ``scan.vi.toml`` and ``scan.en.toml``; flat, key = "text".
        language: one of ``LANGUAGES``.
    """
    text = resources.files(__package__).joinpath(f"{part}.{language}.toml").read_text("utf-8")
    return {key: str(value) for key, value in tomllib.loads(text).items()}
