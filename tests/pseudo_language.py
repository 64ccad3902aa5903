"""A language that nobody wrote a rule for: every text of the catalogues in brackets, and half as long again.

Its code is ``xx``. What is read outside brackets was not translated, or is data.
"""

import io
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

import quetsach
from quetsach.web import catalogue

SOURCE = Path(quetsach.__file__).parent
_SILENT = {"script", "style", "title", "svg", "code", "template"}
_VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "path", "source", "wbr", "use", "rect"}
_WORDS, _PLACES = re.compile(r"[^\W\d_]"), re.compile(r"\{\w*\}|%-?\w")
_LETTERS = re.compile(r"[^\W\d_]{2,}")


def told(text: str, context: str | None = None) -> str:
    """Return a text in the language; an address stays as it is, and a day is written in figures alone."""
    if text.endswith("/") and " " not in text:
        return text
    if context and context.startswith("form: "):
        text = text.replace("%B", "%m").replace("%b", "%m")
        return f"[[{text}]]" if _WORDS.search(_PLACES.sub("", text)) else text
    return f"[[{text}{' ····' * (len(text) // 10 + 1)}]]"


def compiled(*sources: Path) -> bytes:
    """Return the ``.mo`` file of the language that has the texts of some Vietnamese ``.po`` files."""
    made = Catalog(locale="vi")
    for source in sources:
        for message in read_po(io.BytesIO(source.read_bytes()), locale="vi"):
            if not message.id:
                continue
            one = message.id[0] if message.pluralizable else message.id
            made.add(
                message.id,
                (told(one),) if message.pluralizable else told(one, message.context),
                context=message.context,
            )
    buffer = io.BytesIO()
    write_mo(buffer, made)
    return buffer.getvalue()


def sentences() -> dict[str, bytes]:
    """Return what ``core.text`` reads of each package, by its name below ``quetsach``."""
    found = (path for path in catalogue.sources() if path.name == "messages.po" and path.parts[-3] == "vi")
    return {f"{path.relative_to(SOURCE).parts[0]}/locale/xx/LC_MESSAGES/messages.mo": compiled(path) for path in found}


def pages(folder: Path) -> Path:
    """Write what pages and forms read into a folder of ``LOCALE_PATHS``, and return it."""
    place = folder / "xx" / "LC_MESSAGES"
    place.mkdir(parents=True)
    found = [path for path in catalogue.sources() if path.name == "django.po" and path.parts[-3] == "vi"]
    (place / "django.mo").write_bytes(compiled(*found))
    return folder


class _Visible(HTMLParser):
    """What somebody reads of a page, element by element."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _VOID:
            self.open.append("code" if dict(attrs).get("lang") in {"vi", "en"} and tag != "html" else tag)
            self.closing = tag

    def handle_endtag(self, tag: str) -> None:
        if self.open and tag not in _VOID:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        if not _SILENT & set(self.open):
            self.texts.append(data)


def outside(html: str) -> Iterator[str]:
    """Yield the texts of a page that stand outside the brackets and have words."""
    page = _Visible()
    page.feed(html)
    depth = 0
    for text in page.texts:
        kept = ""
        for part in re.split(r"(\[\[|\]\])", text):
            if part == "[[":
                depth += 1
            elif part == "]]":
                depth -= 1
            elif not depth:
                kept += part
        if _LETTERS.search(kept):
            yield " ".join(kept.split())
