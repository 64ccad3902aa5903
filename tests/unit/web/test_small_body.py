"""What anybody sends is bounded before it is read."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.handlers.wsgi import WSGIRequest
from django.test import Client

FILE = b"a" * (100 * 1024)


@pytest.mark.parametrize(
    "path", ["/giup-do/", "/giup-do/tim/", "/cong-van/x/", "/bao-cao/x/", "/en/check/", "/nowhere/"]
)
def test_a_file_sent_to_a_public_page_is_not_even_read(db, monkeypatch, path: str) -> None:
    def read(_request: WSGIRequest) -> None:
        pytest.fail("the body was read")

    monkeypatch.setattr(WSGIRequest, "_load_post_and_files", read)
    assert Client().post(path, {"file": SimpleUploadedFile("x.pdf", FILE)}).status_code == 413


def test_a_form_of_usual_size_is_taken(db) -> None:
    assert Client().post("/giup-do/tim/", {"code": "x" * 4000}).status_code == 404
