"""A centre without data, and feed files of yesterday."""

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from quetsach.campaign.authority import Role
from quetsach.web.office.feeds.models import FeedFile
from quetsach.web.office.feeds.services import file_receive

NOW = datetime.now(UTC)
YESTERDAY = (NOW - timedelta(days=1)).date()


@pytest.fixture
def centre(settings, tmp_path: Path, units) -> Path:
    """Return the data folder of a centre."""
    settings.CENTER = dataclasses.replace(settings.CENTER, data=tmp_path)
    return tmp_path


def csv(*addresses: str) -> bytes:
    """Return a plain feed file that saw these addresses."""
    rows = [f"{YESTERDAY} 07:00:00,{address},Emotet" for address in addresses]
    return "\n".join(["timestamp,address,malware", *rows, ""]).encode()


@pytest.fixture
def upload(centre: Path, person) -> Callable[..., FeedFile]:
    """Return a function that uploads a file as an analyst."""
    by = person(Role.ANALYST)

    def uploaded(content: bytes, *, name: str = "feed.csv", feed: str = "plain", report: str = "") -> FeedFile:
        return file_receive(feed=feed, report=report, name=name, chunks=[content], by=by, now=NOW)[0]

    return uploaded
