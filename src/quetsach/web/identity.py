"""What the centre says of itself in all that it publishes: where it is reached, and the licence of its data."""

from dataclasses import replace

from django.conf import settings
from django.urls import reverse
from django.utils.translation import override

from quetsach.core.help_line import HelpLine

# Where people reach the centre: what every absolute link begins with. What a request says of its host is not used.

_LOCAL_SITE = "http://localhost:8000"


def site() -> str:
    """Return the public address, or where this machine serves while nobody has set one; without a final slash."""
    return settings.CENTER.public_url or settings.CENTER.served_at or _LOCAL_SITE


def help_line(language: str) -> HelpLine:
    """Return whom people call, with the address of the page on which they can write: for whatever is no page."""
    line: HelpLine = settings.CENTER.help_line
    with override(language):
        return replace(line, desk=site() + reverse("help"))


# The licence of everything that a centre publishes as data, in the form of a Data Package.

LICENCE = {
    "name": "CC-BY-4.0",
    "title": "Creative Commons Attribution 4.0",
    "path": "https://creativecommons.org/licenses/by/4.0/",
}
