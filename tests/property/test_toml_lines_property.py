"""The line of a field is where its name stands, whatever stands before it."""

import string

from hypothesis import example, given
from hypothesis import strategies as st

from quetsach.core.toml_table import TomlLines, read_toml
from quetsach.packs import PackError

NAMES = st.text(string.ascii_lowercase + "-_", min_size=1, max_size=6)
VALUES = st.sampled_from(
    [
        "1",
        "true",
        "'a # [b] = '",
        '"a \\" [[x]] \\\\"',
        "[\n  \"a\", # ]\n  'b]',\n]",
        '"""\n[x]\na = 1 \\""" """',
        "'''\n[[y]]\nb = ' '''",
        "{ a = [1, 2], b = ']' }",
        "[ [1], [\n2] ]",
    ]
)
BETWEEN = st.sampled_from(["", "\n", "# [z]\n", "  \n\t# a = 1\n"])
TABLES = st.lists(st.tuples(BETWEEN, st.lists(st.tuples(BETWEEN, NAMES, VALUES), max_size=4, unique_by=lambda f: f[1])))


@given(TABLES)
@example([("", [("", "why", "1")]), ("", [])])
def test_each_field_is_on_its_line(tables: list[tuple[str, list[tuple[str, str, str]]]]) -> None:
    text, wanted = "", {}
    for number, (gap, fields) in enumerate(tables):
        text += f"{gap}[[trait]]\n"
        wanted["trait", number] = text.count("\n")
        for between, name, value in fields:
            text += f"{between}  {name} . x = {value}  # end\n"
            wanted["trait", number, name, "x"] = text.count("\n") - value.count("\n")
    read_toml(text.encode(), where="")
    lines = TomlLines(text)
    assert {path: lines.line(path) for path in wanted} == wanted


@given(st.text(alphabet="ab=[]{}\"'#.\n\\ \u1ea3", max_size=80))
def test_no_text_breaks_it(text: str) -> None:
    TomlLines(text).line(("a", 0, "b"))
    try:
        read_toml(text.encode(), where="x", error=PackError).finish()
    except PackError as error:
        assert error.where.startswith("x")


def test_a_missing_field_is_on_the_line_of_its_table() -> None:
    lines = TomlLines('[[t]]\na = 1\n\n[[t]]\n"b" = 2\n[u.v]\nc = 3\n')
    assert [lines.line(path) for path in (("t", 1, "none"), ("t", 1, "b"), ("u", "v", "c"), ("no",))] == [4, 5, 7, 0]


def test_a_huge_text_takes_no_long_time() -> None:
    text = "a = 1\n" * 100_000 + "b = " + "[" * 100_000
    assert TomlLines(text).line(("b",)) == 100_001
