"""Compiles the translations of all packages: ``python -m quetsach.web.catalogue``, after a ``.po`` file was changed.

``django.po`` says what templates and forms say, and ``messages.po`` the sentences of ``quetsach.core.text``.

The compiled catalogues are kept with their sources, so that running the centre needs neither gettext nor a build
step; a test fails when one does not match its source.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from quetsach import storage

_NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)  # the same source gives the same bytes
PACKAGES = Path(__file__).parents[1]


def sources() -> Iterator[Path]:
    """Yield every ``.po`` file: one of each package, of the public pages, and of each feature of the office."""
    yield from sorted(PACKAGES.rglob("locale/*/LC_MESSAGES/*.po"))


def compiled(source: Path) -> bytes:
    """Return the content of the ``.mo`` file that belongs to a ``.po`` file."""
    from babel.messages.mofile import write_mo  # noqa: PLC0415  (a tool of developers, absent where the centre runs)
    from babel.messages.pofile import read_po  # noqa: PLC0415

    with source.open("rb") as file:
        catalogue = read_po(file, locale=source.parts[-3], abort_invalid=True)
    catalogue.creation_date = catalogue.revision_date = _NO_DATE
    buffer = BytesIO()
    write_mo(buffer, catalogue)
    return buffer.getvalue()


if __name__ == "__main__":
    for path in sources():
        storage.write(path.with_suffix(".mo"), compiled(path), mode=storage.SHARED)
