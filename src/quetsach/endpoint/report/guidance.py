"""A pack's guidance as HTML or plain text: the few forms of Markdown that guidance is written in, and nothing else.

Forms: headings (``#`` to ``####``), paragraphs, lists (``- `` and ``1. ``, one level, continued by indentation),
``**bold**``, ```code``` and ``[text](https://…)``. Everything else is text and is escaped, so that no pack can bring a
script, an image or a form onto the page.
"""

import re
from collections.abc import Iterator
from html import escape

from quetsach.core.pack import SYSTEM_NAMES

_HEADING = re.compile(r"(#{1,4})[ \t]+(.*)")
_ITEM = re.compile(r"(?:(-)|\d{1,3}\.)[ \t]+(.*)")
_INLINE = re.compile(
    r"`(?P<code>[^`\n]{1,400})`"
    r"|\*\*(?P<bold>[^*\n]{1,400})\*\*"
    r"|\[(?P<text>[^\]\n]{1,400})\]\((?P<url>https?://[^\s()<>\"']{1,800})\)"
)


def render(markdown: str, *, top: int = 3, platform: str = "", typed_on: str = "") -> str:
    """Return guidance as HTML.

    Args:
        markdown: the text of the pack.
        top: the level of a ``##`` heading on the page; the title (``#``) is left to the page and is dropped.
        platform: if given, what the guidance marks as being about other systems is left out.
        typed_on: the system on which its commands are typed; on Windows the tool has no ``sudo`` before its name.
    """
    blocks = _concerning(_blocks(_as_typed(markdown, typed_on)), platform)
    return "\n".join(_block(kind, lines, top) for kind, lines in blocks if kind != "h1")


def render_text(markdown: str, *, platform: str = "", typed_on: str = "") -> str:
    """Return guidance as lines for a terminal, one for each paragraph or item; the title (``#``) is dropped.

    With ``platform`` and ``typed_on`` as for ``render``.
    """
    lines: list[str] = []
    for kind, texts in _concerning(_blocks(_as_typed(markdown, typed_on)), platform):
        if kind.startswith("h"):
            lines += ["", _plain(texts[0])] * (kind != "h1")
        else:
            marks = {"ul": "- ", "ol": "{}. "}.get(kind, "")
            lines += [marks.format(number) + _plain(text) for number, text in enumerate(texts, 1)]
    return "\n".join(lines).strip("\n")


def _as_typed(markdown: str, system: str) -> str:
    return markdown.replace("`sudo quetsach ", "`quetsach ") if system == "windows" else markdown


def _blocks(markdown: str) -> Iterator[tuple[str, list[str]]]:
    """Yield blocks: ``h1`` to ``h4`` and ``p`` with their text, ``ul`` and ``ol`` with the text of each item."""
    kind, lines = "", [""]
    for raw in markdown.splitlines():
        line = raw.strip()
        heading, item = _HEADING.fullmatch(line), _ITEM.fullmatch(line)
        next_kind = "ul" if item and item[1] else "ol" if item else "p"
        if heading or not line or (next_kind != kind and not (next_kind == "p" and kind in {"ul", "ol"})):
            if kind:
                yield kind, lines
            kind, lines = ("", []) if heading or not line else (next_kind, [item[2] if item else line])
            if heading:
                yield f"h{len(heading[1])}", [heading[2].rstrip(" \t#")]
        elif item:
            lines.append(item[2])
        else:
            lines[-1] += f" {line}"
    if kind:
        yield kind, lines


def _concerning(blocks: Iterator[tuple[str, list[str]]], platform: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the blocks that concern a system; all of them where none is named.

    What is about one system alone is marked in one of three ways: a section by a heading that ends with "on SYSTEM"; a
    part of a section by a paragraph "On **SYSTEM**:" before it; an item by "SYSTEM:" or "SYSTEM," at its start.
    """
    others = "|".join(re.escape(name) for system, name in SYSTEM_NAMES.items() if system != platform)
    if platform not in SYSTEM_NAMES:
        yield from blocks
        return
    heading = re.compile(rf".*\b(?:trên|on) (?:{others})")
    part = re.compile(rf"(?:Trên|On) \*\*(?:{others})\*\*:")
    any_part = re.compile(rf"(?:Trên|On) \*\*(?:{'|'.join(SYSTEM_NAMES.values())})\*\*:")
    item = re.compile(rf"(?:{others})[:,] ")
    in_section = in_part = False
    for kind, lines in blocks:
        if kind.startswith("h"):
            in_section, in_part = heading.fullmatch(lines[0]) is not None, False
        elif kind == "p" and any_part.fullmatch(lines[0]):
            in_part = part.fullmatch(lines[0]) is not None
        kept = lines if kind not in {"ul", "ol"} else [line for line in lines if not item.match(line)]
        if kept and not in_section and not in_part:
            yield kind, kept


def _block(kind: str, lines: list[str], top: int) -> str:
    if kind in {"ul", "ol"}:
        items = "".join(f"<li>{_inline(line)}</li>" for line in lines)
        return f"<{kind}>{items}</{kind}>"
    if kind.startswith("h"):
        kind = f"h{min(6, top + int(kind[1]) - 2)}"
    return f"<{kind}>{_inline(lines[0])}</{kind}>"


def _inline(text: str) -> str:
    parts: list[str] = []
    end = 0
    for match in _INLINE.finditer(text):
        parts.append(escape(text[end : match.start()]))
        if match["code"] is not None:
            parts.append(f"<code>{escape(match['code'])}</code>")
        elif match["bold"] is not None:
            parts.append(f"<strong>{_inline(match['bold'])}</strong>")  # once: no asterisk is in it
        else:
            url = escape(match["url"])
            parts.append(f'<a href="{url}" rel="noreferrer">{escape(match["text"])}</a>')
        end = match.end()
    return "".join((*parts, escape(text[end:])))


def _plain(text: str) -> str:
    """Return text without its marks, an address beside the words that link to it, and nothing a terminal would obey."""
    text = _INLINE.sub(_unmarked, text)
    return "".join(character if character.isprintable() else "�" for character in text)


def _unmarked(match: re.Match[str]) -> str:
    if match["bold"] is not None:
        return _INLINE.sub(_unmarked, match["bold"])
    return match["code"] or f"{match['text']} ({match['url']})"
