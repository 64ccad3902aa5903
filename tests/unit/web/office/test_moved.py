"""What was printed on paper leads on for ever, in every language."""

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db
CODE = "QS-7K3M9-F2DXH"


@pytest.mark.parametrize(
    ("printed", "leads"),
    [
        ("/en/xac-minh/", "/en/verify/"),
        (f"/en/xac-minh/{CODE}/", f"/en/verify/{CODE}/"),
        ("/en/xac-minh/?ma=QS%20x&a=%2F", "/en/verify/?ma=QS%20x&a=%2F"),
        ("/en/giup-do/", "/en/help/"),
        ("/en/giup-do/tim/", "/en/help/find/"),
        ("/en/giup-do/HT-222-222/", "/en/help/HT-222-222/"),
        ("/en/bao-cao/abc/", "/en/return/abc/"),
    ],
)
def test_an_english_address_of_before_leads_to_the_one_of_today(printed: str, leads: str) -> None:
    answer = Client().get(printed)
    assert (answer.status_code, answer["Location"]) == (301, leads)


def test_a_form_that_was_open_while_its_address_changed_is_not_lost() -> None:
    answer = Client().post("/en/giup-do/tim/", {"code": "HT-222-222"})
    assert (answer.status_code, answer["Location"]) == (308, "/en/help/find/")


@pytest.mark.parametrize("address", ["/xac-minh/", f"/xac-minh/{CODE}/", "/giup-do/", "/bao-cao/abc/"])
def test_what_is_printed_in_vietnamese_is_the_page_itself(address: str) -> None:
    assert Client().get(address).status_code not in (301, 308)


def test_an_address_leads_nowhere_but_to_this_centre() -> None:
    answer = Client().get("/en/xac-minh/%2F%2Fevil.example/")
    assert answer.status_code == 404 or answer["Location"].startswith("/en/verify/")
