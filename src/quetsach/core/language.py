"""A language is a folder of catalogues, which say what it calls itself and how it writes days and numbers, too.

What is not said in it is said in English. Nothing is read before somebody reads in another language than English.
"""

from dataclasses import dataclass
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pkgutil import get_data

OWN_LANGUAGE = "en"
"""The language that the sentences in the code are written in."""
DATA_LANGUAGES = ("vi", "en")
"""The languages in which this build's data says its texts; whoever reads neither is given the first."""
CATALOGUES = (
    "core",
    "feeds",
    "network",
    "lake",
    "assess",
    "campaign",
    "simulate",
    "packs",
    "rescue",
    "endpoint",
    "centre",
    "cli",
    "web",
)
"""The packages that say something; each has its own catalogue in every language."""


@cache
def catalogue(language: str) -> NullTranslations:
    """Return the catalogues of all packages in a language as one, which falls back to the English sentence."""
    found = NullTranslations()
    for package in CATALOGUES:
        try:
            content = get_data("quetsach", f"{package}/locale/{language}/LC_MESSAGES/messages.mo")
        except OSError:  # a package that is not installed here, or that does not speak this language
            continue
        if content is None:  # nothing can be read beside the modules
            continue
        read = GNUTranslations(BytesIO(content))  # an empty file is no catalogue, and is refused
        read.add_fallback(found)
        found = read
    return found


@dataclass(frozen=True, slots=True)
class LocalForm:
    """How a language writes something, as its catalogue has it: the English way, and what it is the way of."""

    own: str
    context: str

    def in_language(self, language: str) -> str:
        """Return the form of a language, the English one where its catalogue has none."""
        return self.own if language == OWN_LANGUAGE else catalogue(language).pgettext(self.context, self.own)


_NAME = LocalForm("English", context="form: this language, as it calls itself")


def language_name(language: str) -> str:
    """Return what a language calls itself; empty where no catalogue says it: this build does not speak it."""
    name = _NAME.in_language(language)
    return name if language == OWN_LANGUAGE or name != _NAME.own else ""
