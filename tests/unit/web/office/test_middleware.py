"""The office is shut to those who are not signed in with a second factor; the portal stays without cookies."""

from django.test import Client


def test_the_desk_leads_to_signing_in(db, client: Client) -> None:
    answer = client.get("/van-phong/")
    assert answer.status_code == 302
    assert answer["Location"] == "/van-phong/vao/?next=/van-phong/"


def test_without_a_second_factor_one_sets_it_up_first(person) -> None:
    client = Client()
    client.force_login(person("editor", "31-2020"), backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.get("/van-phong/")["Location"] == "/van-phong/tai-khoan/buoc-hai/"


def test_with_a_second_factor_the_desk_opens_in_both_languages(person, signed_in) -> None:
    client = signed_in(person("editor", "31-2020"))
    assert "Bàn làm việc" in client.get("/van-phong/").content.decode()
    assert "Desk" in client.get("/en/office/").content.decode()


def test_a_page_of_the_office_is_kept_by_no_cache(person, signed_in) -> None:
    answer = signed_in(person("editor", "31-2020")).get("/van-phong/")
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["Referrer-Policy"] == "same-origin"


def test_somebody_who_left_is_out_at_once(person, signed_in) -> None:
    who = person("editor", "31-2020")
    client = signed_in(who)
    who.is_active = False
    who.save()
    assert client.get("/van-phong/").status_code == 302


def test_a_large_body_is_refused_before_it_is_read(db, client: Client) -> None:
    assert client.post("/van-phong/vao/", b"x" * 70_000, content_type="text/plain").status_code == 413


def test_a_public_page_sets_no_cookie(db, client: Client) -> None:
    assert not client.get("/").cookies


def test_what_was_refused_to_whom_is_logged(person, signed_in, caplog) -> None:
    reader = person("editor", "31-2020")
    client = signed_in(reader)
    assert client.get("/van-phong/van-hanh/?q=g%C3%B5-v%C3%A0o").status_code in (403, 404)
    assert [record.message for record in caplog.records if record.name == "quetsach.web.security"] == [
        f"refused: person {reader.pk}, GET office:operation:operation"
    ]
