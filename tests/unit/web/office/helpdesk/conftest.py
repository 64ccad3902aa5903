"""A case that somebody opened, and limits that no other test has used up."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from quetsach.web.limits import RateLimit
from quetsach.web.office.helpdesk import public_views
from quetsach.web.office.helpdesk.models import Case
from quetsach.web.office.helpdesk.services import case_open

NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)
TODAY = NOW.date()
TEXT = "Máy tính của tôi chậm và hiện cửa sổ lạ."
CONTACT = "chi.lan@example.vn"


@pytest.fixture(autouse=True)
def _fresh_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(public_views, "OPEN_LIMIT", RateLimit(burst=100, per_minute=60))
    monkeypatch.setattr(public_views, "FIRST_LIMIT", RateLimit(burst=1, per_minute=1 / (24 * 60)))
    monkeypatch.setattr(public_views, "SITE_LIMIT", RateLimit(burst=100, per_minute=60))
    monkeypatch.setattr(public_views, "KEY_LIMIT", RateLimit(burst=100, per_minute=60))


@pytest.fixture
def open_case(units) -> Callable[..., tuple[Case, str]]:
    def opened(**changes: Any) -> tuple[Case, str]:
        facts = {
            "form": uuid4(),
            "kind": "infected",
            "text": TEXT,
            "contact": CONTACT,
            "province": units["31-2025"],
            "slip": None,
            "language": "vi",
            "now": NOW,
        }
        return case_open(**{**facts, **changes})

    return opened
