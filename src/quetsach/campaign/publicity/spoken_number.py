"""Numbers and days as a Vietnamese announcer says them: 1.052.479, 47,8 %, 06/10/2020."""

from datetime import date

from quetsach.campaign.publicity.errors import PublicityError

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
        raise PublicityError(f"{number:,} is too large to be said", hint="round it and name the unit")
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
