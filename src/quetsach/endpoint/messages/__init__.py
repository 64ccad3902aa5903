"""What the endpoint tool says in several places: steps, refusals, evidence, errors; and in which languages."""

from pathlib import Path

from quetsach.core.language import OWN_LANGUAGE

_FIRST = "vi"
_FOLDERS = Path(__file__).parents[1] / "locale"


def languages(folders: Path = _FOLDERS) -> tuple[str, ...]:
    """Return the languages that there are catalogues of, the country's first and English after it."""
    found = {path.name for path in folders.iterdir()} if folders.is_dir() else set()
    return _FIRST, OWN_LANGUAGE, *sorted(found - {_FIRST, OWN_LANGUAGE})


LANGUAGES = languages()
"""The languages there are texts in; the first is the default."""
