"""Addresses have one form; a list says where each was seen, and what may be a secret never comes in."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quetsach.campaign.accounts import (
    MOST_BYTES,
    MOST_FAULTS_TOLD,
    MOST_ROWS,
    MOST_SIGHTINGS,
    AccountError,
    Facts,
    Sighting,
    normal_address,
    read_victims,
)

TODAY = date(2026, 12, 3)
LOCAL = st.from_regex(r"[A-Za-z0-9_+-]{1,20}(\.[A-Za-z0-9_+-]{1,20}){0,2}", fullmatch=True)
HOST = st.from_regex(r"([A-Za-z0-9]{1,12}\.){1,3}[A-Za-z]{2,6}", fullmatch=True)


@given(LOCAL, HOST, st.sampled_from(["", " ", "\t", "\n"]))
def test_an_address_has_one_form_however_it_was_typed(local: str, host: str, blank: str) -> None:
    typed = f"{blank}{local}@{host}{blank}"
    normal = normal_address(typed)
    assert normal == normal_address(normal) == normal_address(typed.upper())
    assert normal.isascii()
    assert normal == normal.lower().strip()


def test_what_follows_a_plus_is_another_address() -> None:
    assert normal_address("Lan+Shop@Example.VN") == "lan+shop@example.vn"


def test_a_host_in_letters_of_its_own_is_the_same_composed_or_not() -> None:
    composed, apart = "lan@thư.example.vn", "lan@thu\u031b.example.vn"
    assert normal_address(composed) == normal_address(apart)
    assert normal_address(composed).startswith("lan@xn--")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "lan",
        "@example.vn",
        "lan@",
        "lan@vn",
        "lan@example.123",
        "a b@example.vn",
        "lan@@example.vn",
        ".lan@example.vn",
        *("lan@example..vn", "lan@-example.vn", "lán@example.vn", "x" * 65 + "@example.vn", "lan:secret@example.vn"),
        *("lan@example.vn\nBcc: an@example.vn", f"lan@{'a' * 60}.{'b' * 60}.{'c' * 60}.{'d' * 60}.vn"),
    ],
)
def test_what_is_no_address_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(AccountError) as caught:
        normal_address(text)
    assert "lan" not in str(caught.value)


@given(st.text(max_size=300))
def test_any_text_is_an_address_or_is_refused(text: str) -> None:
    with suppress(AccountError):
        assert normal_address(text).count("@") == 1


SIGHTINGS = st.builds(
    Sighting,
    st.from_regex(r"[a-z0-9.-]{0,100}", fullmatch=True),
    st.none() | st.dates(date(2000, 1, 1), TODAY),
    st.text(max_size=60),
)


@given(st.lists(SIGHTINGS, max_size=60))
def test_facts_come_back_from_one_of_four_lengths(sightings: list[Sighting]) -> None:
    facts = Facts.of(sightings)
    assert Facts.unpacked(facts.packed()) == facts
    assert len(facts.packed()) in {256, 1024, 4096, 16384}
    assert len(facts.sightings) + facts.more == len(set(sightings))
    assert len(facts.sightings) <= MOST_SIGHTINGS


def test_rows_of_one_address_are_put_together_and_sites_are_hosts_alone() -> None:
    found = read_victims(
        "\ufeffEmail;URL;Date;Malware\n"
        "Lan@example.vn;https://lan:matkhau@Bank.example:8443/a?s=1;02/11/2026;Lumma\n"
        "lan@example.vn;android://abc@com.facebook.katana/;2026-11-03;\n"
        "\n"
        "an@example.vn;;;\n".encode(),
        today=TODAY,
    )
    assert found.facts["lan@example.vn"].sightings == (
        Sighting("com.facebook.katana", date(2026, 11, 3)),
        Sighting("bank.example", date(2026, 11, 2), "Lumma"),
    )
    assert found.facts["an@example.vn"].sightings == (Sighting(),)
    assert (found.rows, found.faulty, found.telephones) == (3, 0, 0)


def test_rows_that_cannot_be_used_are_told_by_line_and_reason_alone() -> None:
    rows = [
        "lan@example.vn:matkhau1,a.vn,2026-11-01,x",
        "0912 345 678,a.vn,2026-11-01,x",
        "an@example.vn,a.vn,2027-01-01,x",
    ]
    rows += [
        "an@example.vn,a vn,,",
        "an@example.vn,a.vn",
        f"an@example.vn,,,{'x' * 61}",
        "an@example.vn,a.vn,2026-11-01,x",
    ]
    found = read_victims("\n".join(["address,site,day,malware", *rows]).encode(), today=TODAY)
    assert [(fault.line, fault.code) for fault in found.faults] == [
        (2, "address"),
        (4, "day"),
        (5, "site"),
        (6, "cells"),
        (7, "malware"),
    ]
    assert "matkhau1" not in repr(found.faults)
    assert (found.rows, found.faulty, found.telephones, set(found.facts)) == (7, 5, 1, {"an@example.vn"})


def test_many_faults_are_counted_and_few_are_told() -> None:
    found = read_victims(("address\n" + "x\n" * 80).encode(), today=TODAY)
    assert (found.faulty, len(found.faults)) == (80, MOST_FAULTS_TOLD)


@pytest.mark.parametrize(
    "column", ["password", "Pass", "mật khẩu", "MatKhau", "pwd", "Password hash", "user", "cookie"]
)
def test_a_column_that_may_hold_secrets_refuses_the_whole_file(column: str) -> None:
    with pytest.raises(AccountError) as caught:
        read_victims(f"address,{column}\nlan@example.vn,hunter2\n".encode(), today=TODAY)
    assert caught.value.code == "secret"
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "header"),
        (b"lan@example.vn,a.vn\n", "header"),
        (b"address,phone model\n", "header"),
        (b"address,email\n", "header"),
        ("address\nlán@example.vn\n".encode("utf-16"), "encoding"),
        (b"address\n\0\n", "form"),
        (b"address\n" + b"x" * MOST_BYTES, "large"),
        (b"address\n" + b"x\n" * (MOST_ROWS + 1), "large"),
    ],
)
def test_a_file_that_is_no_list_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(AccountError) as caught:
        read_victims(content, today=TODAY)
    assert caught.value.code == code


@given(st.binary(max_size=400))
def test_any_bytes_are_a_list_or_are_refused(content: bytes) -> None:
    with suppress(AccountError):
        read_victims(b"address,site,day,malware\n" + content, today=TODAY)
