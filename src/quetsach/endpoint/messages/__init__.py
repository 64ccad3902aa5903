"""What the endpoint tool says, in Vietnamese and English: one TOML file for each part and language."""

import functools
import pkgutil
import tomllib
from collections.abc import Mapping

LANGUAGES = ("vi", "en")
"""The languages there are texts in; the first is the default."""


@functools.cache
def messages(part: str, language: str) -> Mapping[str, str]:
    """Return the texts of one part of the tool: key -> text, to be filled with ``str.format``.

    Args:
        part: a file here, such as ``scan`` for ``scan.vi.toml`` and ``scan.en.toml``; flat, key = "text".
        language: one of ``LANGUAGES``.
    """
    content = pkgutil.get_data(__package__, f"{part}.{language}.toml")  # importlib.resources is dear at every start
    if content is None:
        raise FileNotFoundError(f"{part}.{language}.toml")
    return {key: str(value) for key, value in tomllib.loads(content.decode()).items()}
