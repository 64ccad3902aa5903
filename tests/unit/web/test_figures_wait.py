"""Figures do not go out by themselves where the instrument changed."""

import dataclasses
import functools
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from bench.leases import Seen, watch
from django.db import OperationalError, connection
from tests.artefacts import made_once
from tests.centre import lay_out
from tests.unit.lake.test_hosts import FIRST, SMALL, ingest

from quetsach.centre.publication.candidates import candidates
from quetsach.centre.publication.snapshot import PublicationError, read_snapshot
from quetsach.cli.center.publication import publish_figures
from quetsach.core.errors import QuetsachError
from quetsach.lake.lake import Lake

MONTH = SMALL.but(days=28, machines=15)
NOW = datetime(2020, 9, 1, tzinfo=UTC)


@functools.cache
def month() -> Seen:
    """Return what a sensor sees in a month: the same in June and in July."""
    return watch(MONTH, np.random.default_rng(1))


def centre_of(factory: pytest.TempPathFactory, *reports: str) -> Path:
    """Return a centre that has published June, and taken in what these reports saw in July; it is made once."""

    def make(folder: Path) -> None:
        if reports:
            shutil.copytree(centre_of(factory, *reports[:-1]), folder)
            ingest(Lake(folder / "lake"), month(), first=FIRST + timedelta(days=28), report=reports[-1])
            return
        folder.mkdir()
        lay_out(folder)
        for report in ("own", "other"):
            ingest(Lake(folder / "lake"), month(), report=report)
        publish_figures(folder, now=NOW)

    return made_once(factory, "-".join(("june", *reports)), make)


@pytest.fixture
def data(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, db: None) -> Path:
    """A centre that has published June, which two reports saw."""
    for name in ("QUETSACH_DATA", "DJANGO_SETTINGS_MODULE"):
        monkeypatch.setenv(name, "quetsach.web.settings")
    shutil.copytree(centre_of(tmp_path_factory), tmp_path, dirs_exist_ok=True)
    assert read_snapshot(tmp_path) is not None
    return tmp_path


@pytest.fixture
def july(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., None]:
    taken: list[str] = []

    def take_in(data: Path, *reports: str, now: datetime = NOW) -> None:
        """Take in July and publish."""
        if taken:
            for report in reports:
                ingest(Lake(data / "lake"), month(), first=FIRST + timedelta(days=28), report=report)
        else:
            shutil.rmtree(data / "lake")
            shutil.copytree(centre_of(tmp_path_factory, *reports) / "lake", data / "lake")
        taken.extend(reports)
        publish_figures(data, now=now)

    return take_in


def test_figures_wait_with_the_reason_where_a_report_fell_silent(data: Path, july) -> None:
    july(data, "own")
    published = read_snapshot(data)
    assert published is not None
    waiting = candidates(data)[0].figures
    assert published.as_of < waiting.as_of
    assert any("plain/other" in reason.en for reason in waiting.blocked)


def test_a_database_that_is_away_unpublishes_no_campaign(data: Path, july, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise OperationalError("file is not a database")

    before = read_snapshot(data)
    monkeypatch.setattr("quetsach.web.office.campaigns.selectors.outcome.published_campaigns", away)
    with pytest.raises(QuetsachError, match="the database cannot be used"):
        july(data, "own", "other")
    assert read_snapshot(data) == before


def test_an_emptied_database_unpublishes_no_campaign(
    data: Path, july, centre_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(centre_data / "published", data / "published", dirs_exist_ok=True)
    before = read_snapshot(data)
    assert before is not None
    assert before.campaigns
    monkeypatch.setattr(connection.introspection, "table_names", lambda *_: [])  # its file is gone: a new one is made
    with pytest.raises(QuetsachError, match="the database is empty"):
        july(data, "own", "other")
    assert read_snapshot(data) == before


def test_a_centre_whose_database_has_no_tables_yet_publishes(
    data: Path, july, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries
) -> None:
    monkeypatch.setattr(connection.introspection, "table_names", lambda *_: [])
    with django_assert_num_queries(0):
        july(data, "own", "other")
    published = read_snapshot(data)
    assert published is not None
    assert published.as_of == FIRST + timedelta(days=55)


def test_damaged_figures_are_no_first_figures(data: Path, july, settings) -> None:
    """Else a broken file would let new figures out past the second person."""
    settings.CENTER = dataclasses.replace(settings.CENTER, publication="two-people")
    (data / "published" / "figures.json").write_text("{")
    july(data, "own", "other")
    assert (data / "published" / "figures.json").read_text() == "{"
    assert candidates(data)[0].figures.as_of == FIRST + timedelta(days=55)


def test_figures_that_were_counted_and_did_not_get_out_go_out_at_the_next_run(
    data: Path, july, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "copyfileobj", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        with pytest.raises(PublicationError):
            july(data, "own", "other")
    counted = candidates(data)[0].figures
    assert publish_figures(data, now=NOW + timedelta(minutes=1)) == counted
    assert read_snapshot(data) == counted
    assert candidates(data) == ()


def test_figures_that_wait_are_not_counted_again(data: Path, july) -> None:
    july(data, "own")
    waiting = candidates(data)
    assert publish_figures(data, now=NOW + timedelta(minutes=1)) is None
    assert candidates(data) == waiting


def test_figures_go_out_where_nothing_changed_and_discard_what_waited(data: Path, july) -> None:
    july(data, "own")
    july(data, "other")
    published = read_snapshot(data)
    assert published is not None
    assert published.as_of == FIRST + timedelta(days=55)
    assert published.blocked == ()
    assert candidates(data) == ()
