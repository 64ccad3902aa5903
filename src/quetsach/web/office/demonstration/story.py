"""The story as it is written in ``story.toml``."""

import tomllib
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils import timezone

from quetsach.centre.tables import country_table


@lru_cache(maxsize=1)
def story() -> dict[str, Any]:
    """Return the whole story of the country's demonstration."""
    folder = country_table("campaigns", settings.CENTER.data) / settings.COUNTRY.demonstration
    return tomllib.loads((folder / "story.toml").read_text("utf-8"))


def at(text: str) -> datetime:
    """Read a time of the country, such as ``2020-09-22 10:00``."""
    return datetime.fromisoformat(f"{text}:00").replace(tzinfo=timezone.get_default_timezone())
