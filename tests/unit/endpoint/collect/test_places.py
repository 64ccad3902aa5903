"""Files that describe collectors: strict when read, complete, and each with a reader."""

import time
import unicodedata

import pytest

from quetsach.endpoint import CollectorError
from quetsach.endpoint.collect import READERS
from quetsach.endpoint.collect.lines import command_in
from quetsach.endpoint.collect.named_files import LONGEST_COMMAND_BYTES
from quetsach.endpoint.collect.places import NEEDED, PLATFORMS, Place, parse_place, places_of

RUNNING = {"kernel-module", "socket"}
GOOD = (
    'kind = "setting-line"\ntitle.vi = "Tên"\ntitle.en = "Names"\nsources = ["hosts(5)"]\n'
    'reader = "lines"\npaths = ["/etc/hosts"]\n'
)
ALL = [(platform, place) for platform in PLATFORMS for place in places_of(platform)]


@pytest.mark.parametrize(("platform", "place"), ALL, ids=lambda item: getattr(item, "name", item))
def test_every_place_has_a_reader_and_names_for_people(platform: str, place: Place) -> None:
    assert place.reader in READERS
    assert place.title.vi != place.title.en
    assert unicodedata.is_normalized("NFC", place.title.vi)
    assert place.paths or place.keys or place.name in RUNNING


@pytest.mark.parametrize("place", [place for _, place in ALL], ids=lambda place: place.name)
def test_every_source_is_a_manual_page_or_an_address(place: Place) -> None:
    for source in place.sources:
        assert source.startswith("https://") or (source.endswith(")") and "(" in source) or " " in source


COMMANDS = [place for platform in PLATFORMS for place in places_of(platform) if place.command]


@pytest.mark.parametrize("place", COMMANDS, ids=lambda place: place.name)
def test_no_line_keeps_a_pattern_busy(place: Place) -> None:
    pieces = (b" ", b"a", b"A:", b"=", b'"', b"\\", b"(", b"x ", b"exec ", b'RUN="', b"auth [", b"|", b"-", b"RUN=")
    began = time.process_time()
    for piece in pieces:
        command_in(piece * (LONGEST_COMMAND_BYTES // 4 // len(piece)), place.command)
    assert time.process_time() - began < 1


def test_a_place_is_read_as_it_is_written() -> None:
    place = parse_place(GOOD.encode(), "hosts")
    assert (place.name, place.kind, place.paths) == ("hosts", "setting-line", ("/etc/hosts",))


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (GOOD + 'path = "/x"\n', "path"),
        (GOOD.replace('reader = "lines"\n', ""), "reader"),
        (GOOD.replace('title.vi = "Tên"\n', ""), "title"),
        (GOOD.replace('["hosts(5)"]', "[]"), "sources"),
        (GOOD.replace("setting-line", "line"), "line"),
        (GOOD + "needs_command = 1\n", "needs_command"),
        (GOOD + "command = '('\n", "command"),
        (GOOD + "command = 'x'\n", "command"),
        (GOOD + "command = '^(a) (b)'\n", "two groups in one match"),
        (GOOD + "command = '^(?:(a)|b) (?P<c>d)'\n", "two groups in one match"),
        (GOOD + "command = '(a(b|c))'\n", "two groups in one match"),
        (GOOD + 'defaults = ["x"]\n', "defaults"),
        (GOOD.replace('"lines"', '"line"'), "no reader is called 'line'"),
        (GOOD.replace('paths = ["/etc/hosts"]\n', ""), "'paths' is missing"),
        (GOOD.replace('"lines"', '"values"'), "'keys' is missing"),
        (GOOD.replace("/etc/hosts", "etc/hosts"), "no absolute path: 'etc/hosts'"),
        (GOOD + "=", "TOML"),
    ],
)
def test_a_place_that_is_not_as_it_should_be_is_refused_and_the_field_named(content: str, named: str) -> None:
    with pytest.raises(CollectorError) as caught:
        parse_place(content.encode(), "hosts")
    assert named in caught.value.what
    assert caught.value.where == "hosts"


@pytest.mark.parametrize("command", ["^(?:a(.*)|b([|)]))$", r"\((a)\)|(b)|c(?=d)(e)", "[(](a)"])
def test_groups_in_branches_of_their_own_are_taken(command: str) -> None:
    assert parse_place(f"{GOOD}command = '{command}'\n".encode(), "hosts").command is not None


def test_each_reader_says_where_it_looks() -> None:
    assert NEEDED.keys() == READERS.keys()


def test_a_platform_that_nobody_describes_has_no_places() -> None:
    assert places_of("plan9") == ()
