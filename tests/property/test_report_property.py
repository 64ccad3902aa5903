"""Whatever a machine calls its things: nothing of it leaves, nothing of it acts, and reading refuses with words."""

import contextlib
import json
from html.parser import HTMLParser

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.report_samples import INSTALL_ID, Private, sample_report

from quetsach.endpoint import ReportError
from quetsach.endpoint.report import Report
from quetsach.endpoint.report.document import read_json, to_json
from quetsach.endpoint.report.guidance import render
from quetsach.endpoint.report.page import render_page
from quetsach.endpoint.report.submission import build_submission

TEXT = st.text(alphabet=st.characters(codec="utf-8"), max_size=60)
PLAIN = sample_report()
SENT = build_submission(PLAIN, install_id=INSTALL_ID).text()
NAME = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=8, max_size=16).filter(
    lambda name: name not in SENT  # a word of the form itself, such as "registry", is no leak
)
VOID = {"br", "meta"}
ALLOWED = {"p", "ul", "ol", "li", "strong", "code", "a", "h1", "h2", "h3", "h4", "h5", "h6"}


MAC = st.binary(min_size=6, max_size=6).map(lambda raw: raw.hex(":"))
SERIAL = st.from_regex(r"[A-Z0-9]{4}-[A-Z0-9]{8}", fullmatch=True)
SID = st.from_regex(r"S-1-5-21-[0-9]{9,10}-[0-9]{9,10}-[0-9]{9,10}-[0-9]{4}", fullmatch=True)


@st.composite
def machines(draw: st.DrawFn) -> tuple[Private, list[str]]:
    """Draw what a machine may call its things, and the names that must not leave."""
    user, host, file, member, service, value = (draw(NAME) for _ in range(6))
    mac, serial, sid = draw(MAC), draw(SERIAL), draw(SID)
    noise = draw(st.binary(max_size=20))
    private = Private(
        path=b"/home/%s/%s/%s" % (user.encode(), serial.encode(), file.encode()) + noise,
        line=b"@reboot %s ssh %s # %s" % (user.encode(), host.encode(), mac.encode()) + noise,
        root=f"/mnt/{host}",
        evidence=f"command: {file} {draw(TEXT)}",
        note=f"{host}: {draw(TEXT)}",
        package=file,
        engine=f"boreal {user}",
        key=f"HKU\\{sid}\\Software\\{service}",
        value=f"{value}{draw(TEXT)}",
        data=f"C:\\Users\\{user}\\{service}.exe {mac}",
        member=member.encode() + noise,
        socket=b"tcp %s -> %s" % (mac.encode(), host.encode()),
    )
    return private, [user, host, file, member, service, value, mac, serial, sid]


@given(machines())
def test_the_submission_does_not_depend_on_any_name_of_the_machine(machine: tuple[Private, list[str]]) -> None:
    private, names = machine
    report = sample_report(private)
    text = build_submission(report, install_id=INSTALL_ID).text()
    assert text == SENT
    full = json.dumps(to_json(report))
    for name in names:
        assert name in full
        assert name not in text


@given(machines())
def test_a_report_reads_back_as_it_was_written(machine: tuple[Private, list[str]]) -> None:
    report = sample_report(machine[0])
    assert read_json(Report, json.dumps(to_json(report)).encode(), where="r") == report


class Tags(HTMLParser):
    """Checks that tags are closed in order, and collects their names and attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.names: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def tags_of(html: str) -> Tags:
    tags = Tags()
    tags.feed(html)
    tags.close()
    assert tags.open == []
    return tags


SKELETON = tags_of(render_page(PLAIN, language="vi")).names


@settings(max_examples=40)
@given(machines(), st.sampled_from(["<script>", '"><img src=x onerror=y>', "</style>", "&#60;b&#62;", "javascript:"]))
def test_no_name_brings_a_tag_onto_the_page(machine: tuple[Private, list[str]], attack: str) -> None:
    private, _ = machine
    raw = attack.encode()
    texts = dict.fromkeys(("evidence", "note", "package", "engine", "key", "value", "data"), attack)
    hostile = Private(private.path + raw, private.line + raw, "/mnt", member=raw, socket=raw, **texts)
    tags = tags_of(render_page(sample_report(hostile), language="vi"))
    assert tags.names == SKELETON
    assert not [name for name, _ in tags.attributes if name.startswith("on")]


MARKDOWN = st.lists(
    st.one_of(
        st.sampled_from(
            ["# ", "## ", "\n\n", "\n", "- ", "1. ", "**", "`", "[a](https://b.vn/c)", "[x](javascript:y)", "<b>", "  "]
        ),
        st.text(max_size=12),
    ),
    max_size=30,
).map("".join)


@given(MARKDOWN)
def test_guidance_becomes_only_the_tags_it_may(markdown: str) -> None:
    tags = tags_of(render(markdown))
    assert tags.names <= ALLOWED
    for name, value in tags.attributes:
        assert (name, value) == ("rel", "noreferrer") or (
            name == "href" and str(value).startswith(("https://", "http://"))
        )


@given(st.text(alphabet="ab cđ.,;", min_size=1))
def test_plain_guidance_keeps_its_words(text: str) -> None:
    assert tags_of(render(text)).text.split() == text.split()


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=8,
)


@given(st.sampled_from(sorted(to_json(PLAIN))), VALUES)
def test_a_damaged_report_is_read_or_refused_with_words(field: str, value: object) -> None:
    raw = json.dumps({**to_json(PLAIN), field: value}).encode()
    with contextlib.suppress(ReportError):
        read_json(Report, raw, where="r")


@given(st.binary(max_size=200))
def test_bytes_that_are_no_report_are_refused_with_words(raw: bytes) -> None:
    with contextlib.suppress(ReportError):
        read_json(Report, raw, where="r")
