"""What is really on the paper, as Debian's poppler sees it: words with their places, fonts, pixels."""

import re
import subprocess
from dataclasses import dataclass
from html import unescape
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

DOTS_A_MM = 200 / 25.4
_PAGE = re.compile(r'<page width="([\d.]+)" height="([\d.]+)">(.*?)</page>', re.DOTALL)
_WORD = re.compile(r'<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">(.*?)</word>')
_ELEMENT = re.compile(r"\s*([A-Z][A-Za-z0-9]*)\b")
_TEXT = re.compile(r'\s*"(.*)"$')


@dataclass(frozen=True, slots=True)
class Word:
    """A word and its edges in millimetres from the top left."""

    text: str
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Page:
    """One page in millimetres."""

    width: float
    height: float
    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    def phrase(self, text: str) -> Word:
        """Return the first place of some words in a row, as one."""
        wanted = text.split()
        for start in range(len(self.words)):
            found = self.words[start : start + len(wanted)]
            if [word.text for word in found] == wanted:
                edges = (min(w.left for w in found), min(w.top for w in found))
                return Word(text, *edges, max(w.right for w in found), max(w.bottom for w in found))
        raise AssertionError(f"{text!r} is not on the page: {self.text}")


def pages(content: bytes) -> list[Page]:
    told = _run("pdftotext", content, "-bbox").decode()
    return [
        Page(_mm(width), _mm(height), tuple(_word(found) for found in _WORD.findall(inside)))
        for width, height, inside in _PAGE.findall(told)
    ]


def fonts(content: bytes) -> list[tuple[str, bool]]:
    """Return each font's name without its subset's letters, and whether it is embedded."""
    lines = _run("pdffonts", content, to_output=False).decode().splitlines()[2:]
    return [(line.split()[0].partition("+")[2], line.split()[-5] == "yes") for line in lines]


def structure(content: bytes) -> list[tuple[str, str]]:
    """Return the tagged parts in the order of reading: the nearest kind that is not mere layout, and the text."""
    told = _run("pdfinfo", content, "-struct-text", to_output=False).decode(errors="replace")
    found: list[tuple[str, str]] = []
    for line in told.splitlines():
        if text := _TEXT.match(line):
            kind, before = found[-1]
            found[-1] = (kind, before + text[1])
        elif (element := _ELEMENT.match(line)) and element[1] not in {"Span", "Div", "Strong", "Em"}:
            found.append((element[1], ""))
    return found


def picture(content: bytes, page: int) -> Image.Image:
    """Return a page at 200 dots an inch."""
    png = _run("pdftoppm", content, "-png", "-r", "200", "-f", str(page), "-l", str(page), to_output=False)
    return Image.open(BytesIO(png)).convert("RGB")


def longest_dark_run_mm(image: Image.Image, left: float, top: float, right: float, bottom: float) -> float:
    """Return the length of the longest horizontal line in a part of a page, in millimetres."""
    part = image.convert("L").crop(tuple(round(edge * DOTS_A_MM) for edge in (left, top, right, bottom)))
    rows = part.tobytes()
    best = 0
    for row in range(part.height):
        marked = bytes(pixel < 128 for pixel in rows[row * part.width : (row + 1) * part.width])
        best = max([best, *map(len, marked.split(b"\0"))])
    return best / DOTS_A_MM


def _run(command: str, content: bytes, *options: str, to_output: bool = True) -> bytes:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "letter.pdf"
        file.write_bytes(content)
        to = ["-"] if to_output else []
        return subprocess.run([command, *options, file, *to], capture_output=True, check=True).stdout


def _word(found: tuple[str, ...]) -> Word:
    left, top, right, bottom, text = found
    return Word(unescape(text), _mm(left), _mm(top), _mm(right), _mm(bottom))


def _mm(points: str) -> float:
    return float(points) * 25.4 / 72
