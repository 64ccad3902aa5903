"""A partner's program sends a report with its token and asks what became of it."""

import gzip
import io

import pytest
from django.test import Client

from quetsach.web.office.partners import api
from quetsach.web.office.partners.models import Delivery, Token
from quetsach.web.office.partners.services.intake import deliveries_work
from quetsach.web.office.partners.services.partner import partner_add, token_make, token_revoke

from .conftest import NOW, ROWS, report

URL = "/api/v1/partners/reports"


@pytest.fixture
def secret(partner) -> str:
    return token_make(partner=partner, label="test", by=None, now=NOW)


@pytest.fixture
def send(secret: str):
    def post(content: bytes, token: str = secret, **headers: str):
        return Client().post(
            URL, content, content_type="text/csv", headers={"Authorization": f"Bearer {token}", **headers}
        )

    return post


def test_a_small_report_is_worked_off_before_the_answer(send) -> None:
    answer = send(report([*ROWS, "x"]))
    assert answer.status_code == 201
    receipt = answer.json()
    assert (receipt["state"], receipt["records"], receipt["accepted"], receipt["set_aside"]) == ("done", 5, 4, 1)
    assert send(report(ROWS)).json()["duplicates"] == 4


def test_the_same_bytes_again_change_nothing(send) -> None:
    first = send(report(ROWS)).json()
    again = send(report(ROWS))
    assert (again.status_code, again.json()) == (200, first)


def test_a_large_report_is_received_and_worked_off_later(send, secret, monkeypatch) -> None:
    monkeypatch.setattr(api, "AT_ONCE_RECORDS", 3)
    answer = send(gzip.compress(report(ROWS)))
    assert (answer.status_code, answer.json()["state"]) == (202, "waiting")
    deliveries_work(now=NOW)
    state = Client().get(answer.json()["url"], headers={"Authorization": f"Bearer {secret}"})
    assert (state.json()["state"], state.json()["accepted"]) == ("done", 4)


def test_what_was_set_aside_is_told_by_line_and_reason(send, secret, monkeypatch) -> None:
    monkeypatch.setattr(api, "_FAULTS_AT_MOST", 2)
    url = send(report(["x", ROWS[0], "y", "z"])).json()["url"] + "/set-aside"
    page = Client().get(url, headers={"Authorization": f"Bearer {secret}"}).json()
    assert [(r["line"], r["reason"], r["excerpt"]) for r in page["records"]] == [(2, "cells", "x"), (4, "cells", "y")]
    rest = Client().get(f"{url}?after={page['next_after']}", headers={"Authorization": f"Bearer {secret}"}).json()
    assert ([r["line"] for r in rest["records"]], rest["next_after"]) == ([5], None)


@pytest.mark.parametrize("token", ["", "qsp_wrong", "x" * 5000])
def test_without_a_token_nothing_is_read(send, token: str) -> None:
    answer = send(report(ROWS), token)
    assert (answer.status_code, answer.json()["error"]) == (401, "no-token")
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_revoked_token_ends_at_once(send) -> None:
    token_revoke(token=Token.objects.get(), by=None, now=NOW)
    assert send(report(ROWS)).status_code == 401


def test_the_token_itself_is_not_kept(secret: str) -> None:
    assert secret not in str(Token.objects.values().get())


def test_another_partners_report_is_not_there(send, units) -> None:
    url = send(report(ROWS)).json()["url"]
    other = token_make(partner=partner_add(key="other", name="O", by=None, now=NOW), label="x", by=None, now=NOW)
    for path in (url, f"{url}/set-aside"):
        assert Client().get(path, headers={"Authorization": f"Bearer {other}"}).status_code == 404


def test_a_report_that_cannot_be_read_is_refused_with_a_hint(send) -> None:
    answer = send(b"a,b\n1,2\n")
    assert (answer.status_code, answer.json()["error"]) == (422, "header")
    assert "columns: day" in answer.json()["hint"]
    assert not Delivery.objects.exists()


def test_a_report_that_is_too_large_is_not_read(send, monkeypatch) -> None:
    monkeypatch.setattr(api, "PARTNER_BODY_BYTES", 10)
    assert send(report(ROWS)).status_code == 413


def test_one_that_breaks_off_leaves_nothing(secret, folder) -> None:
    cut = {"wsgi.input": io.BytesIO(report(ROWS)), "CONTENT_LENGTH": "100000"}
    answer = Client().post(URL, b"", content_type="text/csv", headers={"Authorization": f"Bearer {secret}"}, **cut)
    assert (answer.status_code, answer.json()["error"]) == (400, "cut-off")
    assert list(folder.iterdir()) == []


def test_a_second_upload_waits_for_the_first(send) -> None:
    with api.UPLOADS:
        assert send(report(ROWS)).status_code == 503
    assert send(report(ROWS)).status_code == 201


def test_the_description_of_the_interface_has_it(db, client: Client) -> None:
    assert "/api/v1/partners/reports" in client.get("/api/v1/openapi.json").json()["paths"]


@pytest.mark.parametrize("length", ["", "x", "²", "-5"])
def test_a_length_that_is_none_is_refused(secret, length: str) -> None:
    answer = Client().post(
        URL, report(ROWS), content_type="text/csv", headers={"Authorization": f"Bearer {secret}"}, CONTENT_LENGTH=length
    )
    assert answer.status_code == 411
