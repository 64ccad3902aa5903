"""What the texts of a kit are filled with: the campaign, the unit, the addresses and the code."""

from dataclasses import dataclass
from datetime import date

from quetsach.core.pack import LocalText

PLACEHOLDERS = frozenset({"campaign", "span", "unit", "portal", "check", "help", "code"})

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


@dataclass(frozen=True, slots=True)
class Facts:
    """One unit's facts in one campaign; ``first`` and ``last`` are days in Viet Nam, ``wording`` the texts' version.

    ``site`` is the portal's address without a slash at its end, for example ``https://quetsach.example.vn``.
    """

    campaign: LocalText
    first: date
    last: date
    unit: LocalText
    unit_key: str
    site: str
    code: str
    wording: int = 0

    def visit_url(self, language: str) -> str:
        """Return the address in the QR code of posters, which counts the visit for the unit."""
        return f"{self.site}{'/en' if language == 'en' else ''}/t/{self.unit_key}"

    @property
    def check_url(self) -> str:
        """The page that says whether this sheet is genuine."""
        return f"{self.site}/xac-minh/{self.code}/"

    def values(self, language: str) -> dict[str, str]:
        """Return what stands for each of the :data:`PLACEHOLDERS`; addresses are shown without ``https://``."""
        shown = self.site.rpartition("://")[2]
        return {
            "campaign": self.campaign.in_language(language),
            "span": span_text(self.first, self.last, language),
            "unit": self.unit.in_language(language),
            "portal": shown,
            "check": f"{shown}/xac-minh",
            "help": f"{shown}/giup-do",
            "code": self.code,
        }


def span_text(first: date, last: date, language: str) -> str:
    """Return "từ ngày 17/9 đến ngày 15/12/2020": the year stands once if it is the same."""
    is_one_year = first.year == last.year
    if language == "en":
        return f"from {_english(first, with_year=not is_one_year)} to {_english(last)}"
    return f"từ ngày {_vietnamese(first, with_year=not is_one_year)} đến ngày {_vietnamese(last)}"


def _english(day: date, *, with_year: bool = True) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]}" + (f" {day.year}" if with_year else "")


def _vietnamese(day: date, *, with_year: bool = True) -> str:
    """Days below 10 and the months 1 and 2 have a zero before them, as the rules for official documents want."""
    month = f"{day.month:02}" if day.month <= 2 else str(day.month)
    return f"{day.day:02}/{month}" + (f"/{day.year}" if with_year else "")
