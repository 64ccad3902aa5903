"""A centre with a small lake, published once for all tests of the web."""

import dataclasses
import json
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.core.cache import cache
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from playwright.sync_api import Browser, sync_playwright
from tests.artefacts import made_once
from tests.browser import chromium
from tests.offered_release import ALL, offer_release

from quetsach.centre.baseline import count_baseline, freeze_baseline
from quetsach.centre.publication.campaign_figures import MeasuredCampaign
from quetsach.centre.publication.candidates import publish_candidate
from quetsach.centre.publication.counting import Tables, figures_count
from quetsach.centre.publication.snapshot import Demonstration, Snapshot, figures_path, snapshot_bytes
from quetsach.centre.tables import load_campaign, load_families, load_network_tables, load_places
from quetsach.core.text import LocalText
from quetsach.lake.lake import Lake
from quetsach.network import annotate
from quetsach.web.api import views as api_views
from quetsach.web.limits import SourceLimit
from quetsach.web.portal.campaign_chart import draw_campaign

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
SEEN, NOT_SEEN, SEEN_IPV6 = "123.16.0.7", "123.16.200.9", "2405:4800:1:2::77"
LAST_DAY = date(2020, 11, 30)
WHEEL = "quetsach-2.0-py3-none-any.whl"
PACKS = Path(__file__).parents[3] / "packs"


def sightings() -> bytes:
    """Twenty addresses in the baseline window, ten and one of IPv6 in the window of the close."""
    rows = ["timestamp,address,malware"]
    for first, last, count in (
        (date(2020, 6, 16), date(2020, 7, 15), 20),
        (date(2020, 11, 1), LAST_DAY, 10),
    ):
        for day in (first + timedelta(days=n) for n in range((last - first).days + 1)):
            rows += [f"{day} 01:00:00,123.16.0.{number},andromeda" for number in range(1, count + 1)]
    rows.append(f"{LAST_DAY} 02:00:00,{SEEN_IPV6},conficker")
    return "\n".join(rows).encode()


@pytest.fixture(scope="session")
def tables() -> Tables:
    return Tables(
        load_families(),
        load_network_tables(Path("/nonexistent")),
        load_places(),
        (MeasuredCampaign(load_campaign("viet-nam-2020", Path("/nonexistent"))),),
    )


@pytest.fixture(scope="session")
def centre_data(tmp_path_factory: pytest.TempPathFactory, tables: Tables) -> Path:
    """Return a copy of the published centre that is made once in a run."""
    made = made_once(tmp_path_factory, "published", lambda data: publish_centre(data, tables))
    return Path(shutil.copytree(made, tmp_path_factory.mktemp("published") / "centre"))


def publish_centre(data: Path, tables: Tables) -> None:
    """Take sightings into a new centre, freeze its baseline and publish its figures."""
    data.mkdir()
    lake = Lake(data / "lake")
    lake.ingest(
        sightings(),
        name="sightings.csv",
        feed="plain",
        families=tables.families,
        annotate=lambda table: annotate(table, tables.network),
        now=NOW,
    )
    demonstration = Demonstration(LocalText("Số liệu mô phỏng.", "Simulated figures."), 100)
    plan = tables.campaigns[0].plan
    count = count_baseline(lake.view(), plan, expected=["plain/sightings"], accepts_gaps=False)
    freeze_baseline(data, count, reason="Đủ dữ liệu", asked_by="An", agreed_by="Bình", now=NOW)
    counted = figures_count(
        data=data, view=lake.view(), tables=tables, demonstration=demonstration, now=NOW, draw=draw_campaign
    )
    assert counted
    publish_candidate(data, counted.digest)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Yield one Chromium for the tests of a module, whose own calls of the database run beside its event loop."""
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright, chromium(playwright) as running:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        yield running


def write_published(data: Path, snapshot: Snapshot) -> None:
    """Publish figures that a test changed."""
    path = figures_path(data)
    path.parent.mkdir(exist_ok=True)
    path.with_suffix(".new").write_bytes(snapshot_bytes(snapshot))
    path.with_suffix(".new").rename(path)


@pytest.fixture
def centre(settings, db, centre_data: Path) -> Path:
    """Serve the published centre; the tests must not change its folder."""
    settings.CENTER = dataclasses.replace(settings.CENTER, data=centre_data)
    return centre_data


@pytest.fixture
def empty_centre(settings, db, tmp_path: Path) -> Path:
    settings.CENTER = dataclasses.replace(settings.CENTER, data=tmp_path)
    return tmp_path


@pytest.fixture
def release(empty_centre: Path) -> Path:
    """Return a centre that offers a release."""
    offer_release(empty_centre, *ALL)
    return empty_centre


@pytest.fixture
def wheel(empty_centre: Path) -> Path:
    """Return a centre that offers the Python package alone."""
    (empty_centre / "tool").mkdir()
    (empty_centre / "tool" / WHEEL).write_bytes(b"wheel")
    facts = {"file_name": WHEEL, "version": "2.0", "size_bytes": 5, "sha256": "ab"}
    (empty_centre / "tool" / "tool.json").write_text(json.dumps(facts))
    return empty_centre


@pytest.fixture
def kept_connection() -> Iterator[None]:
    """Keep the tests' connection open when a request ends, as Django's own client for tests does."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def report_centre(empty_centre: Path) -> Path:
    """Return a centre that publishes packs of a few families, so that reports may name them."""
    shelf = empty_centre / "repository" / "targets" / "packs"
    shelf.mkdir(parents=True)
    for family in ("eicar", "xmrig-miner", "mirai-gafgyt", "necurs"):
        (shelf / family).symlink_to(PACKS / family)
    return empty_centre


@pytest.fixture(autouse=True)
def _fresh_memory(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let no test see what another one left in the server's memory."""
    monkeypatch.setattr(api_views, "REPORT_LIMIT", SourceLimit(api_views.REPORT_WIDTHS))
    cache.clear()
    yield
    cache.clear()
