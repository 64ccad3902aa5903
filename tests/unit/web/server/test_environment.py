"""The head of a request becomes an environment that means one thing."""

from dataclasses import dataclass, field

import pytest

from quetsach.web.server.request import HeadError, environment_of


@dataclass
class Items:
    """The headers as the server hands them over: values that are not ASCII are missing among the items."""

    pairs: list[tuple[str, str]]

    def items(self) -> list[tuple[str, str]]:
        return [(name, value) for name, value in self.pairs if value.isascii()]

    def keys(self) -> list[str]:
        return list(dict.fromkeys(name for name, _ in self.pairs))


@dataclass
class Head:
    """A scope of RSGI."""

    pairs: list[tuple[str, str]] = field(default_factory=lambda: [("host", "centre.example")])
    path: str = "/"
    http_version: str = "1.1"
    server: str = "127.0.0.1:8000"
    client: str = "203.0.113.9:4242"
    method: str = "GET"
    query_string: str = ""

    @property
    def headers(self) -> Items:
        return Items(self.pairs)


def head(*pairs: tuple[str, str]) -> Head:
    return Head([("host", "centre.example"), *pairs])


def test_a_name_with_an_underscore_is_dropped() -> None:
    forged = head(("x_forwarded_for", "1.2.3.4"), ("x-forwarded-for", "203.0.113.9"), ("content_length", "7"))
    environ = environment_of(forged)
    assert environ["HTTP_X_FORWARDED_FOR"] == "203.0.113.9"
    assert "CONTENT_LENGTH" not in environ


def test_every_proxy_s_line_is_kept_in_order() -> None:
    environ = environment_of(head(("x-forwarded-for", "1.2.3.4"), ("x-forwarded-for", "203.0.113.9")))
    assert environ["HTTP_X_FORWARDED_FOR"] == "1.2.3.4,203.0.113.9"
    assert environment_of(head(("cookie", "a=1"), ("cookie", "b=2")))["HTTP_COOKIE"] == "a=1; b=2"


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        (Head([]), 400),
        (head(("host", "other.example")), 400),
        (head(("content-length", "5"), ("content-length", "5")), 400),
        (head(("authorization", "Bearer a"), ("authorization", "Bearer b")), 400),
        (head(("content-length", "+5")), 400),
        (head(("content-length", "٣")), 400),
        (head(("transfer-encoding", "chunkéd")), 411),
        (head(("content-length", "")), 400),
        (head(("content-length", "9" * 5000)), 400),
        (head(("transfer-encoding", "chunked")), 411),
        (head(("transfer-encoding", "chunked"), ("content-length", "5")), 411),
    ],
)
def test_what_can_be_read_in_two_ways_is_refused(asked: Head, status: int) -> None:
    with pytest.raises(HeadError) as refusal:
        environment_of(asked)
    assert refusal.value.status == status


def test_text_is_written_as_wsgi_wants_it() -> None:
    environ = environment_of(Head(path="/kiểm-tra/", client="[2001:db8::7]:5"))
    assert environ["PATH_INFO"].encode("latin-1").decode() == "/kiểm-tra/"
    assert environ["REMOTE_ADDR"] == "2001:db8::7"
    assert "DATABASE_URL" not in environ


def test_a_header_that_the_server_does_not_hand_over_is_there_and_empty() -> None:
    spoilt = head(("x-forwarded-for", "\xff, 203.0.113.9"), ("cookie", "a=é"), ("content-type", "é"), ("x_y", "é"))
    environ = environment_of(spoilt)
    assert [environ[name] for name in ("HTTP_X_FORWARDED_FOR", "HTTP_COOKIE", "CONTENT_TYPE")] == ["", "", ""]
    assert "HTTP_X_Y" not in environ


def test_an_old_program_without_a_host_is_answered() -> None:
    environ = environment_of(Head([], http_version="1"))
    assert (environ["SERVER_NAME"], environ["SERVER_PROTOCOL"]) == ("127.0.0.1", "HTTP/1.0")
