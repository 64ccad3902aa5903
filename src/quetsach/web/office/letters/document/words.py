"""The words that every letter has, in both languages, and how days and numbers are written."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from quetsach.web.office.letters.document.letter import ChangeKind, Language, Reference, Standing

_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_ROMAN = ((10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))


@dataclass(frozen=True, slots=True)
class Words:
    """Patterns for ``str.format``."""

    state: str
    motto: str
    number: str
    subject: str
    to: str
    copies: str
    as_above: str
    filed: str
    annex: str
    attached: str
    letter: str
    changes: Mapping[ChangeKind, str]
    standings: Mapping[Standing, str]
    superseded: Mapping[Standing, str]
    verify: str
    code: str
    signed_at: str


VIETNAMESE = Words(
    state="CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
    motto="Độc lập - Tự do - Hạnh phúc",
    number="Số: {}",
    subject="V/v {}",
    to="Kính gửi:",
    copies="Nơi nhận:",
    as_above="Như trên",
    filed="Lưu: VT",
    annex="Phụ lục",
    attached="(Kèm theo {})",
    letter="Công văn số {number} {day} của {agency}",
    changes={
        ChangeKind.REPLACES: "Công văn này thay thế {}.",
        ChangeKind.REVOKES: "Công văn này thu hồi {}.",
    },
    standings={Standing.DRAFT: "DỰ THẢO", Standing.REVOKED: "ĐÃ THU HỒI", Standing.REPLACED: "ĐÃ THAY THẾ"},
    superseded={Standing.REVOKED: "Đã bị thu hồi theo {}", Standing.REPLACED: "Đã được thay thế bằng {}"},
    verify="Kiểm tra văn bản tại: {}",
    code="Mã xác minh: {}",
    signed_at="Thời gian ký: {}",
)
ENGLISH = Words(
    state="SOCIALIST REPUBLIC OF VIET NAM",
    motto="Independence - Freedom - Happiness",
    number="No.: {}",
    subject="Re: {}",
    to="To:",
    copies="Recipients:",
    as_above="As above",
    filed="Filed: Archives",
    annex="Annex",
    attached="(Attached to {})",
    letter="Official Letter No. {number} {day} of {agency}",
    changes={
        ChangeKind.REPLACES: "This letter replaces {}.",
        ChangeKind.REVOKES: "This letter revokes {}.",
    },
    standings={Standing.DRAFT: "DRAFT", Standing.REVOKED: "REVOKED", Standing.REPLACED: "REPLACED"},
    superseded={Standing.REVOKED: "Revoked by {}", Standing.REPLACED: "Replaced by {}"},
    verify="Check this document at: {}",
    code="Verification code: {}",
    signed_at="Signed at: {}",
)
WORDS: Mapping[Language, Words] = {Language.VIETNAMESE: VIETNAMESE, Language.ENGLISH: ENGLISH}


def number_sign(number: int | None, symbol: str) -> str:
    """Return "2049/STTTT-CNTT": below ten with a zero before, an open place if there is no number yet."""
    return f"{'          ' if number is None else f'{number:02}'}/{symbol}"


def day_phrase(day: date | None, language: Language) -> str:
    """Return "ngày 06 tháng 10 năm 2020": days below ten and the months one and two with a zero before."""
    if language is Language.ENGLISH:
        return "          " if day is None else f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
    if day is None:
        return "ngày      tháng      năm          "
    return f"ngày {day.day:02} tháng {f'{day.month:02}' if day.month < 3 else day.month} năm {day.year}"


def reference_phrase(reference: Reference, language: Language) -> str:
    """Return how another letter is named in a sentence."""
    return letter_phrase(reference.number_sign, reference.day, reference.agency, language)


def letter_phrase(sign: str, day: date | None, agency: str, language: Language) -> str:
    """Return how a letter is named in a sentence."""
    dated = day_phrase(day, language) if language is Language.VIETNAMESE else f"dated {day_phrase(day, language)}"
    return WORDS[language].letter.format(number=sign, day=dated, agency=agency)


def roman(number: int) -> str:
    """Return a number below forty in Roman numerals."""
    text = ""
    for value, sign in _ROMAN:
        times, number = divmod(number, value)
        text += sign * times
    return text
