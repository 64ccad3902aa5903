"""What the interface's description promises holds for whatever a program sends: schemathesis makes it up."""

from contextlib import suppress
from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, given
from hypothesis import settings as of_hypothesis
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from quetsach.web.api import views
from quetsach.web.limits import SourceLimit, Width
from quetsach.web.office.partners.services.partner import token_make

from .conftest import NOW

DESCRIPTION = "/api/v1/openapi.json"


@pytest.fixture
def operations(centre, partner, kept_connection, monkeypatch: pytest.MonkeyPatch) -> Any:
    endless = Width(ipv4=32, ipv6=64, burst=10**6, per_minute=10**6)
    monkeypatch.setattr(views, "REPORT_LIMIT", SourceLimit((endless,)))
    described = schemathesis.openapi.from_wsgi(DESCRIPTION, get_wsgi_application())
    return [found.ok() for found in described.get_all_operations()]


@pytest.mark.parametrize("mode", GenerationMode)
def test_no_request_is_answered_in_a_way_that_is_not_described(operations, partner, mode: GenerationMode) -> None:
    plain = {"Accept-Encoding": "identity"}  # what calls the application unpacks nothing
    token = plain | {"Authorization": f"Bearer {token_make(partner=partner, label='test', by=None, now=NOW)}"}
    for operation in operations:
        _holds(operation, mode, token if "/partners/" in operation.path else plain)


def _holds(operation: APIOperation, mode: GenerationMode, headers: dict[str, str]) -> None:
    @given(case=operation.as_strategy(generation_mode=mode))
    @of_hypothesis(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    def holds(case: Case) -> None:
        # A form says less than what is asked for, such as a day that is over; and any bytes are a text.
        of_bytes = [negative_data_rejection] if case.media_type == "text/csv" else []
        case.call_and_validate(headers=headers, excluded_checks=[positive_data_acceptance, *of_bytes])

    with suppress(Unsatisfiable):  # nothing wrong can be sent where nothing is sent
        holds()
