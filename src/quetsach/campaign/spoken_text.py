"""A written Vietnamese text as it is read aloud, numbers and days too: nothing is left that an announcer works out."""

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Self

from quetsach.campaign.errors import PublicityError
from quetsach.core.text import Number, Text

# Numbers and days as a Vietnamese announcer says them: 1.052.479, 47,8 %, 06/10/2020.

SPOKEN_LANGUAGE = "vi"
MAX_NUMBER = 10**15
"""Numbers from here on are not said."""

DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
_BILLION = 10**9


def spoken_number(number: int) -> str:
    """Return a whole number in words: 15 is "mười lăm", 21 "hai mươi mốt", 105 "một trăm linh năm".

    Raises:
        PublicityError: it is too large to be said.
    """
    if abs(number) >= MAX_NUMBER:
        raise PublicityError(
            Text("{number} is too large to be said", number=Number(number)), hint=Text("round it and name the unit")
        )
    words = " ".join(_whole(abs(number), is_led=False)) or DIGITS[0]
    return f"âm {words}" if number < 0 else words


def spoken_decimal(whole: int, fraction: str) -> str:
    """Return a number with decimals: 47 and "8" are "bốn mươi bảy phẩy tám".

    Up to two decimals are said as a number, as people do; a leading zero or more decimals, digit by digit.
    """
    is_number = len(fraction) <= 2 and not fraction.startswith("0")
    decimals = spoken_number(int(fraction)) if is_number else spoken_digits(fraction)
    return f"{spoken_number(whole)} phẩy {decimals}"


def spoken_digits(digits: str) -> str:
    """Return digits one by one, as in a telephone number."""
    return " ".join(DIGITS[int(digit)] for digit in digits)


def spoken_day(day: date, *, with_year: bool = True) -> str:
    """Return a day: 2020-10-06 is "ngày mồng sáu tháng mười năm hai nghìn không trăm hai mươi"."""
    number = ("mồng " if day.day <= 10 else "") + spoken_number(day.day)
    said = f"ngày {number} {spoken_month(day.month)}"
    return f"{said} năm {spoken_number(day.year)}" if with_year else said


def spoken_month(month: int) -> str:
    """Return a month; the fourth is "tháng tư"."""
    return "tháng tư" if month == 4 else f"tháng {spoken_number(month)}"


def _whole(number: int, *, is_led: bool) -> list[str]:
    """Say a number below 10^15; after a larger part (``is_led``) its first group names its empty hundreds."""
    words: list[str] = []
    billions, rest = divmod(number, _BILLION)
    if billions:
        words += [*_whole(billions, is_led=is_led), "tỷ"]
    for size, name in ((1_000_000, ["triệu"]), (1000, ["nghìn"]), (1, [])):
        group, rest = divmod(rest, size)
        if group:
            words += _group(group, is_led=is_led or bool(words)) + name
    return words


def _group(group: int, *, is_led: bool) -> list[str]:
    """Say three digits; after a larger group the empty hundreds are said, too: "không trăm linh năm"."""
    hundreds, rest = divmod(group, 100)
    tens, units = divmod(rest, 10)
    words = [DIGITS[hundreds], "trăm"] if hundreds or is_led else []
    if not rest:
        return words
    if tens == 0:
        return [*words, "linh", DIGITS[units]] if words else [DIGITS[units]]
    words += ["mười"] if tens == 1 else [DIGITS[tens], "mươi"]
    return [*words, _unit(tens, units)] if units else words


def _unit(tens: int, units: int) -> str:
    if units == 5:
        return "lăm"
    if tens > 1 and units == 1:
        return "mốt"
    if tens > 1 and units == 4:
        return "tư"
    return DIGITS[units]


# A written Vietnamese text as it is read aloud: nothing is left that an announcer would have to work out.

MAX_CHARACTERS = 20_000
MAX_FORMS = 2000

SYLLABLES_A_SECOND = 3.5
"""Our own setting. Seven television presenters were timed at 3.7 to 5.5 (SOURCE.md beside the texts); a loudspeaker
in the open, with its echo, wants less than the slowest of them."""
COMMA_SECONDS, SENTENCE_SECONDS = 0.3, 0.7

_LETTERS = dict(
    zip(
        "ABCDĐEFGHIJKLMNOPQRSTUVWXYZ",
        """a bê xê dê đê e ép gờ hát i gi ca lờ mờ nờ ô pê quy rờ ét tê u vê vê-kép ích i-dài dét""".split(),  # noqa: SIM905
        strict=True,
    )
)
_SIGNS = {"/": "gạch chéo", "-": "gạch ngang", ".": "chấm", "_": "gạch dưới", "@": "a còng", ":": "hai chấm"}
_ADDRESS = r"(?:https?://)?[A-Za-z0-9_-]+(?:[.@][A-Za-z0-9_-]+)*\.[A-Za-z]{2,}(?::\d{1,5})?(?:/[A-Za-z0-9._/-]*[A-Za-z0-9_/-])?"
_TOKEN = re.compile(
    rf"""(?P<telephone>(?<![\w.,])0\d{{1,3}}(?:[ .]\d{{3,4}}){{2}}(?![\w]))
    |(?P<day>(?:[Nn]gày\ )?\b\d{{1,2}}/\d{{1,2}}/\d{{4}}\b|[Nn]gày\ \d{{1,2}}/\d{{1,2}}\b)
    |(?P<month>(?:[Tt]háng\ )?\b\d{{1,2}}/\d{{4}}\b)
    |(?P<clock>\b\d{{1,2}}[h:]\d{{2}}\b|\b\d{{1,2}}h\b)
    |(?P<number>(?<![\w.,])[-−]?\d{{1,3}}(?:\.\d{{3}})+(?:,\d+)?(?!\w)|(?<![\w.,])[-−]?\d+(?:,\d+)?(?!\w))
    |(?P<address>(?<!\w){_ADDRESS})
    |(?P<range>(?<=\d)\s?–\s?(?=\d))
    |(?P<percent>\s?%)
    |(?P<word>[^\W\d_]+(?:[&.][^\W\d_]+)*\.?)
    |(?P<digits>\d+)
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_LEAP_YEAR = 2000
_VOWELS = re.compile(r"[aeiouy]+")


@dataclass(frozen=True, slots=True)
class SpokenForms:
    """How abbreviations and names of addresses are said; keys as they are written, capitals and all."""

    forms: Mapping[str, str]

    @classmethod
    def read(cls, content: bytes, *, file: str) -> Self:
        """Read a CSV table with the columns ``written`` and ``spoken``.

        Raises:
            PublicityError: it is no such table, or a form is there twice.
        """
        try:
            rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig")), strict=True))
        except (UnicodeDecodeError, csv.Error) as error:
            raise PublicityError(Text("not a CSV table in UTF-8: {error}", error=error), where=file) from error
        forms: dict[str, str] = {}
        for number, row in enumerate(rows, 2):
            written, spoken = row.get("written"), row.get("spoken")
            if not written or not spoken or written in forms or number > MAX_FORMS:
                raise PublicityError(
                    Text("needs a written and a spoken form, once each"), where=f"{file}, line {number}"
                )
            forms[written] = spoken
        return cls(forms)


@dataclass(frozen=True, slots=True)
class Speech:
    """A text to be read aloud; ``seconds`` at :data:`SYLLABLES_A_SECOND`, pauses included."""

    text: str
    syllables: int
    seconds: float


def spoken_text(text: str, forms: SpokenForms) -> Speech:
    """Return a text with numbers, days, addresses and abbreviations in words, and how long it takes.

    Raises:
        PublicityError: it is too long, or holds a number that is not said.
    """
    if len(text) > MAX_CHARACTERS:
        raise PublicityError(Text("a text to be read aloud has at most {most} characters", most=Number(MAX_CHARACTERS)))
    normal = unicodedata.normalize("NFC", text)
    spoken = re.sub(r"[ \t]+", " ", "".join(_said(match, forms) for match in _TOKEN.finditer(normal))).strip()
    spoken = re.sub(r" (?=[.,;:!?…])", "", spoken)
    syllables = count_syllables(spoken)
    return Speech(spoken, syllables, _seconds(spoken, syllables))


def count_syllables(spoken: str) -> int:
    """Count syllables: every run of vowels is one, so that addresses written together count rightly, too."""
    return sum(max(1, len(_VOWELS.findall(_unmarked(word)))) for word in re.findall(r"\w+", spoken))


def _seconds(spoken: str, syllables: int) -> float:
    sentences, commas = len(re.findall(r"[.!?…]+(?:\s|$)", spoken)), len(re.findall(r"[,;:]\s", spoken))
    return syllables / SYLLABLES_A_SECOND + sentences * SENTENCE_SECONDS + commas * COMMA_SECONDS


def _said(match: re.Match[str], forms: SpokenForms) -> str:
    kind, text = str(match.lastgroup), match[0]
    if kind == "address":
        return forms.forms.get(text) or " ".join(_address(text, forms))
    return _word(text, forms) if kind == "word" else _SAYING[kind](text)


def _clock(text: str) -> str:
    hour, _, minute = text.replace("h", ":").partition(":")
    minutes = f" {spoken_number(int(minute))} phút" if minute.strip("0") else ""
    return f"{spoken_number(int(hour))} giờ{minutes}"


def _day(text: str) -> str:
    """Say a day; written without its year it is said so."""
    parts = [int(part) for part in text.lower().removeprefix("ngày ").split("/")]
    has_year = len(parts) == 3
    try:
        said = spoken_day(date(parts[2] if has_year else _LEAP_YEAR, parts[1], parts[0]), with_year=has_year)
    except ValueError as error:
        raise PublicityError(Text("there is no such day: {text}", text=text)) from error
    return said.capitalize() if text[0] == "N" else said


def _month(text: str) -> str:
    month, year = text.lower().removeprefix("tháng ").split("/")
    if not 1 <= int(month) <= 12:
        raise PublicityError(Text("there is no such month: {text}", text=text))
    said = f"{spoken_month(int(month))} năm {spoken_number(int(year))}"
    return said.capitalize() if text[0] == "T" else said


def _number(text: str) -> str:
    sign = "âm " if text[0] in "-−" else ""
    whole, _, fraction = text.lstrip("-−").replace(".", "").partition(",")
    if fraction:
        return sign + spoken_decimal(int(whole[:20]), fraction[:20])
    if len(whole) > 1 and (whole.startswith("0") or len(whole) > 15):  # a telephone number or the like
        return sign + spoken_digits(whole)
    return sign + spoken_number(int(whole))


def _address(text: str, forms: SpokenForms) -> Iterator[str]:
    """Read an address sign by sign; a part of three letters or fewer is spelt unless the table says it."""
    for part in re.findall(r"[A-Za-z]+|\d+|[^A-Za-z\d]", text.rpartition("://")[2]):
        if part.isdigit():
            yield spoken_digits(part)
        elif part in _SIGNS:
            yield _SIGNS[part]
        elif part in forms.forms:
            yield forms.forms[part]
        else:
            yield _spelt(part) if len(part) <= 3 and not _VOWELS.search(part.lower()) else part


def _word(text: str, forms: SpokenForms) -> str:
    """Say an abbreviation; a full stop after it is its own only where the table has it so (``TP.``)."""
    if text in forms.forms:
        return forms.forms[text]
    word, stop = (text[:-1], ".") if text.endswith(".") else (text, "")
    if word in forms.forms:
        return forms.forms[word] + stop
    is_abbreviation = re.fullmatch("[A-ZĐ]{2,5}", word) is not None
    return (_spelt(word) if is_abbreviation else word) + stop


def _spelt(letters: str) -> str:
    return " ".join(_LETTERS[letter] for letter in letters.upper())


def _unmarked(word: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", word.lower()) if not unicodedata.combining(c))


_SAYING: Mapping[str, Callable[[str], str]] = {
    "telephone": lambda text: spoken_digits(re.sub(r"\D", "", text)),
    "day": _day,
    "month": _month,
    "clock": _clock,
    "number": _number,
    "digits": lambda text: f" {spoken_digits(text)} ",
    "range": lambda _: " đến ",
    "percent": lambda _: " phần trăm",
    "other": lambda text: " và " if text == "&" else text,
}
