"""A partner with a declared method, and a folder that its files are kept in."""

import dataclasses
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.unit.campaign.partners.test_partner_declarations import GOOD

from quetsach.web.office.partners.models import Delivery, Partner
from quetsach.web.office.partners.services.intake import delivery_receive, delivery_take_in
from quetsach.web.office.partners.services.partner import declaration_add, partner_add

NOW = datetime(2020, 11, 20, 3, tzinfo=UTC)
HEADER = "day,place,product,family,revision,turns,machines,infected,count"
ROWS = [
    "2020-10-06,31,Bkav,,,50,40,7,",
    "2020-10-06,01,Bkav,,,90,80,9,",
    "2020-10-07,31,Bkav,,,60,45,5,",
    "2020-10-06,31,Bkav,conficker,,,,,6",
]


def declaration(**changes: object) -> bytes:
    text = GOOD
    for name, value in changes.items():
        [line] = [line for line in text.splitlines() if line.startswith(f"{name} = ")]
        text = text.replace(line, f"{name} = {value}")
    return text.encode()


def report(rows: Iterable[str], header: str = HEADER) -> bytes:
    return "\n".join([header, *rows, ""]).encode()


@pytest.fixture
def folder(settings, tmp_path: Path) -> Path:
    settings.CENTER = dataclasses.replace(settings.CENTER, data=tmp_path)
    return tmp_path / "partners"


@pytest.fixture
def partner(units, folder: Path) -> Partner:
    made = partner_add(key="bkav", name="Bkav", by=None, now=NOW)
    declaration_add(partner=made, content=declaration(), by=None, now=NOW)
    return made


@pytest.fixture
def receive(partner: Partner) -> Callable[..., Delivery]:
    def taken(content: bytes) -> Delivery:
        delivery, _ = delivery_receive(
            partner=partner, name="report.csv", chunks=[content], channel="command", by=None, now=NOW
        )
        return delivery

    return taken


@pytest.fixture
def take_in(receive) -> Callable[..., Delivery]:
    return lambda content: delivery_take_in(delivery=receive(content), now=NOW)
