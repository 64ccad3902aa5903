"""What the centre says of itself in all that it publishes: where it is reached, and the licence of its data."""

from django.conf import settings

# Where people reach the centre: what every absolute link begins with. What a request says of its host is not used.

_LOCAL_SITE = "http://localhost:8000"


def site() -> str:
    """Return the public address, or where this machine serves while nobody has set one; without a final slash."""
    return settings.CENTER.public_url or settings.CENTER.served_at or _LOCAL_SITE


# The licence of everything that a centre publishes as data, in the form of a Data Package.

LICENCE = {
    "name": "CC-BY-4.0",
    "title": "Creative Commons Attribution 4.0",
    "path": "https://creativecommons.org/licenses/by/4.0/",
}
