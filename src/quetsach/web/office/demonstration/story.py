"""The story as it is written in ``story.toml``."""

import tomllib
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any


@lru_cache(maxsize=1)
def story() -> dict[str, Any]:
    """Return the whole story."""
    return tomllib.loads((Path(__file__).parent / "story.toml").read_text("utf-8"))


def at(text: str) -> datetime:
    """Read a time of Viet Nam, such as ``2020-09-22 10:00``."""
    return datetime.fromisoformat(f"{text}:00+07:00")
