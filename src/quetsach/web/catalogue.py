"""Compiles the translations of all packages: ``python -m quetsach.web.catalogue``, after a ``.po`` file was changed.

``django.po`` says what templates and forms say, and ``messages.po`` the sentences of ``quetsach.core.text``. With a
language (``python -m quetsach.web.catalogue fr``) its files are begun beside the Vietnamese ones, or brought up to
them.

The compiled catalogues are kept with their sources, so that running the centre needs neither gettext nor a build
step; a test fails when one does not match its source.
"""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from quetsach import storage

_NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)  # the same source gives the same bytes
PACKAGES = Path(__file__).parents[1]
_COMPLETE = "vi"
"""The language whose files have every text."""
_HEADER = """msgid ""
msgstr ""
"Language: {language}\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: {plural_forms}\\n"

"""


def sources() -> Iterator[Path]:
    """Yield every ``.po`` file: one of each package, of the public pages, and of each feature of the office."""
    yield from sorted(PACKAGES.rglob("locale/*/LC_MESSAGES/*.po"))


def compiled(source: Path) -> bytes:
    """Return the content of the ``.mo`` file that belongs to a ``.po`` file."""
    with source.open("rb") as file:
        catalogue = read_po(file, locale=source.parts[-3], abort_invalid=True)
    catalogue.creation_date = catalogue.revision_date = _NO_DATE
    buffer = BytesIO()
    write_mo(buffer, catalogue)
    return buffer.getvalue()


def begun(source: Path, language: str, written: bytes = b"") -> bytes:
    """Return the file of another language: the texts of a Vietnamese one, what ``written`` says, and nothing said yet.

    Args:
        source: a Vietnamese ``.po`` file.
        language: a code that Babel knows, such as ``fr``.
        written: the file of that language as it is; texts that are no longer in ``source`` are left out.

    Raises:
        babel.UnknownLocaleError: nobody knows the plural forms of the language.
    """
    with source.open("rb") as file:
        wanted = read_po(file, locale=_COMPLETE, abort_invalid=True)
    made = read_po(BytesIO(written), locale=language, abort_invalid=True)
    for message in wanted:
        message.string = ("",) * made.num_plurals if message.pluralizable else ""
    made.update(wanted, no_fuzzy_matching=True)
    buffer = BytesIO()
    write_po(buffer, made, width=0, omit_header=True, ignore_obsolete=True)
    return _HEADER.format(language=language, plural_forms=made.plural_forms).encode() + buffer.getvalue()


def begin(language: str) -> None:
    """Write the files of a language beside the Vietnamese ones; what Django says itself is in Django."""
    for source in sources():
        if source.parts[-3] == _COMPLETE and "django_words" not in source.parts:
            path = source.parents[2] / language / source.parent.name / source.name
            storage.make_folder(path.parent, mode=storage.SHARED_FOLDER)
            written = path.read_bytes() if path.exists() else b""
            storage.write(path, begun(source, language, written), mode=storage.SHARED)


if __name__ == "__main__":
    for named in sys.argv[1:]:
        begin(named)
    for path in sources():
        storage.write(path.with_suffix(".mo"), compiled(path), mode=storage.SHARED)
