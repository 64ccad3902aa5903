"""Compiles the translations of all packages: ``python -m quetsach.web.catalogue``, after a ``.po`` file was changed.

``django.po`` says what templates and forms say, and ``messages.po`` the sentences of ``quetsach.core.text``. With a
language (``python -m quetsach.web.catalogue fr``) its files are begun beside the Vietnamese ones, or brought up to
them; a text that another file of the language says already is taken from there. What is still to be said is counted.

The compiled catalogues are kept with their sources, so that running the centre needs neither gettext nor a build
step; a test fails when one does not match its source.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.messages.catalog import Catalog, Message
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


def _read(source: Path) -> Catalog:
    with source.open("rb") as file:
        return read_po(file, locale=source.parts[-3], abort_invalid=True)


def is_said(message: Message) -> bool:
    """Return whether a text is said, in each of its plural forms."""
    return all(message.string) if isinstance(message.string, tuple | list) else bool(message.string)


def compiled(source: Path) -> bytes:
    """Return the content of the ``.mo`` file that belongs to a ``.po`` file; what is not said whole is not in it."""
    catalogue = _read(source)
    for message in [one for one in catalogue if one.id and not is_said(one)]:
        catalogue.delete(message.id, message.context)
    catalogue.creation_date = catalogue.revision_date = _NO_DATE
    buffer = BytesIO()
    write_mo(buffer, catalogue)
    return buffer.getvalue()


type Said = Mapping[tuple[str | None, Any], Any]
"""What a language says already: context and text -> how it is said, as Babel has them."""
_NOTHING: Said = {}


def said_already(language: str, name: str) -> Said:
    """Return what all files of a name say in a language: they are read as one, so a text is said alike in each."""
    found = [path for path in sources() if path.parts[-3] == language and path.name == name]
    return {(one.context, one.id): one.string for path in found for one in _read(path) if one.id and is_said(one)}


def begun(source: Path, language: str, written: bytes = b"", said: Said = _NOTHING) -> bytes:
    """Return the file of another language: the texts of a Vietnamese one, and what is said of them already.

    Args:
        source: a Vietnamese ``.po`` file.
        language: a code that Babel knows, such as ``fr``.
        written: the file of that language as it is; texts that are no longer in ``source`` are left out.
        said: what other files of the language say.

    Raises:
        babel.UnknownLocaleError: nobody knows the plural forms of the language.
    """
    wanted = _read(source)
    made = read_po(BytesIO(written), locale=language, abort_invalid=True)
    for message in wanted:
        message.string = ("",) * made.num_plurals if message.pluralizable else ""
    made.update(wanted, no_fuzzy_matching=True)
    for message in made:
        if message.id and not is_said(message):
            message.string = said.get((message.context, message.id), message.string)
    buffer = BytesIO()
    write_po(buffer, made, width=0, omit_header=True, ignore_obsolete=True)
    return _HEADER.format(language=language, plural_forms=made.plural_forms).encode() + buffer.getvalue()


def begin(language: str) -> None:
    """Write the files of a language beside the Vietnamese ones; what Django says itself is in Django."""
    said = {name: said_already(language, name) for name in ("django.po", "messages.po")}
    for source in sources():
        if source.parts[-3] == _COMPLETE and "django_words" not in source.parts:
            path = source.parents[2] / language / source.parent.name / source.name
            storage.make_folder(path.parent, mode=storage.SHARED_FOLDER)
            written = path.read_bytes() if path.exists() else b""
            storage.write(path, begun(source, language, written, said[source.name]), mode=storage.SHARED)


def counted() -> Iterator[str]:
    """Yield for each language how many of its texts are said, and for each of its files where some are not yet."""
    for language in sorted({path.parts[-3] for path in sources()}):
        files = [path for path in sources() if path.parts[-3] == language]
        said = {path: [is_said(one) for one in _read(path) if one.id] for path in files}
        for path, texts in said.items():
            if not all(texts):
                yield f"{path.relative_to(PACKAGES)}: {sum(texts)} of {len(texts)} said"
        yield f"{language}: {sum(map(sum, said.values()))} of {sum(map(len, said.values()))} said"


def _language(named: str) -> str:
    """Return a language as its folder is named; what no language is called is refused before a folder is made."""
    try:
        return str(Locale.parse(named))
    except (ValueError, UnknownLocaleError) as error:
        raise argparse.ArgumentTypeError(f"no language is called {named}: write its code, as fr or pt_BR") from error


def main(arguments: Sequence[str]) -> None:
    """Begin the files of the languages that are named, compile all, and print how far each is."""
    about = (__doc__ or "").replace("``", "")
    parser = argparse.ArgumentParser(
        prog="python -m quetsach.web.catalogue", description=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("languages", nargs="*", type=_language, metavar="LANGUAGE", help="one to begin, as fr")
    for language in parser.parse_args(arguments).languages:
        begin(language)
    for path in sources():
        storage.write(path.with_suffix(".mo"), compiled(path), mode=storage.SHARED)
    for line in counted():
        print(line)  # noqa: T201 - a tool of who develops


if __name__ == "__main__":
    main(sys.argv[1:])
