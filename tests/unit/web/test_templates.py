"""What holds for every template: days are written in one way, what is taken in exists, titles are plain."""

import re
from pathlib import Path

import pytest

from quetsach import web
from quetsach.web.stored_settings import SETTINGS

WEB = Path(web.__file__).parent
TEMPLATES = sorted(p for p in WEB.rglob("*") if "templates" in p.parts and p.suffix in {".html", ".txt"})
NAMES = {str(path)[str(path).rindex("templates/") + len("templates/") :] for path in TEMPLATES}
MARKED = re.compile(r"\|(?:day|short_day|moment|exact_moment|clock|days|day_text)\b")
"""Filters that write an element ``time``."""

each_template = pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: "/".join(path.parts[-3:]))


@each_template
def test_days_are_written_by_one_filter(path: Path) -> None:
    """Django's ``date`` knows one order of day and month: it is for values of fields and of addresses alone."""
    formats = set(re.findall(r'\|(?:date|time)(?::"([^"]*)")?', path.read_text("utf-8")))
    assert formats - {"Y-m-d"} == set()


@each_template
def test_elements_stand_where_elements_may_stand(path: Path) -> None:
    text = path.read_text("utf-8")
    if path.suffix == ".txt":
        assert not MARKED.search(text)
    titles = re.findall(r"{% block title %}(.*?){% endblock %}", text, re.DOTALL)
    attributes = re.findall(r'\s[\w-]+="([^"<>]*?{{[^}]*}}[^"<>]*)"', text)
    choices = re.findall(r"<(?:option|textarea)[^>]*>(.*?)</(?:option|textarea)>", text, re.DOTALL)
    assert [part for part in [*titles, *attributes, *choices] if MARKED.search(part)] == []


@each_template
def test_what_a_template_takes_in_exists(path: Path) -> None:
    taken = set(re.findall(r'{% (?:include|extends) "([^"]+)"', path.read_text("utf-8")))
    assert {name for name in taken if not name.startswith("django/")} - NAMES == set()


@each_template
def test_no_template_writes_the_faults_of_a_form_by_itself(path: Path) -> None:
    assert "form.non_field_errors }}" not in path.read_text("utf-8")


@each_template
def test_tables_have_row_headers_and_no_header_is_empty(path: Path) -> None:
    for table in re.findall(r"<table.*?</table>", path.read_text("utf-8"), re.DOTALL):
        assert not re.search(r"<th[^>]*></th>", table)
        if "<tr>" in table.partition("<tbody>")[2]:
            assert 'scope="row"' in table or "{% include" in table or "{% if cell" in table, table[:200]


@each_template
def test_a_frame_that_scrolls_can_be_reached_and_has_a_name(path: Path) -> None:
    """A wide table scrolls in a frame; the shadow at its edge, its words and the keys are those of one stylesheet."""
    text = path.read_text("utf-8")
    frames = re.findall(r'<div class="(?:data-frame|table|scroll)"([^>]*)>', text)
    assert [frame for frame in frames if not re.match(r' tabindex="0" role="region" aria-label(ledby)?="', frame)] == []
    named = set(re.findall(r'<div class="(?:data-frame|table|scroll)"[^>]* aria-labelledby="([^"]+)"', text))
    assert named & set(re.findall(r'<section[^>]* aria-labelledby="([^"]+)"', text)) == set()  # two regions of one name
    if path.parts[-2] != "returns" or path.name != "paper.html":  # the paper is for printing
        assert len(re.findall(r"<table[ >]", text)) <= len(frames)


@pytest.mark.parametrize("suffix", ["html", "txt", "po"])
def test_no_page_or_mail_names_a_variable_of_the_environment(suffix: str) -> None:
    """An official sees what a setting is called where the centre keeps it; an environment is the machine's matter."""
    named = re.compile("|".join({"QUETSACH_", *(setting.variable for setting in SETTINGS)}))
    assert [path for path in WEB.rglob(f"*.{suffix}") if named.search(path.read_text("utf-8"))] == []


def test_no_error_of_the_office_names_a_variable_of_the_environment() -> None:
    assert [path for path in (WEB / "office").rglob("*.py") if "QUETSACH_" in path.read_text("utf-8")] == []


@each_template
def test_a_summary_of_faults_takes_the_focus(path: Path) -> None:
    for summary in re.findall(r'<div class="error-summary" role="alert"[^>]*>', path.read_text("utf-8")):
        assert 'tabindex="-1" autofocus' in summary


@each_template
def test_sums_of_64_digits_are_folded_in_the_office(path: Path) -> None:
    """Whoever compares a sum opens it; nobody else has to read past it."""
    text = path.read_text("utf-8")
    if "office" in path.parts[-3:] and path.name != "sum.html":
        assert not re.search(r'class="hash">\s*{{ [\w.]*(?:sha256|digest) }}', text)
