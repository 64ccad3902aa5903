"""A language that nobody wrote a rule for goes through the office, public pages and commands: nothing is left out."""

import json
import os
import re
import subprocess
import sys
from typing import Any

import pytest
from tests import pseudo_language
from tests.third_language.build import ROOT, SOURCE, build, furnish

from quetsach.cli.table import COMMANDS

DATA = re.compile(
    r"[\d:, /–]*\d{2,4}( \(Viet Nam\))?|(SHA-256 )?[0-9a-f]{16,64}…?|QS-\w+-\w+|.*\S@\S+|XLSX|JSON|TOML|CSV|PDF|SHA-256"
    r"|([\w-]+\.(csv|json)(, )?)+|(Quét Sạch · )?CC BY 4\.0|RouteViews|DB-IP|NRO|Tiếng Việt"  # names of things
    r"|((Windows|Linux|macOS|Android)(, )?)+"
    r"|[a-z]+(\.\w+)+|(\{\w+\} ?)+|event\d_\w+|[a-z, ]+zeroaccess|https?://\S+"  # keys, addresses
)
"""What is no sentence; moments are in figures alone, since the language writes its months so."""
OF_DATA = (
    *("2049/STTTT-CNTT", "826/CATTT-NCSC"),  # letters of the demonstration
    *("Máy kết nối tới", "Máy gửi yêu cầu HTTP tới", "CSV đơn giản:"),  # layouts of feeds
    *("Cùng quét sạch mã độc", "Mọi thiết bị. Miễn phí.", "Số máy", "Tổng số máy", "Số cán bộ", "Người lập báo cáo"),
    *("Thành phố Hải Phòng, ", "Hoàng Thị Lan ·", "Vũ Hương Giang ·", "2. Điều chỉnh thời gian"),
    *("Cổng, trang thông tin điện tử", "Windows 11, "),  # choices of a form
    "05/10/2020 – 25/10/2020.",  # published totals
)
"""What begins a text that is put together of data, or that one of the first two languages has for both."""
FORMAL = re.compile(r"-{1,2}[\w-]+|\{[\w,-]+\}|[A-Z][A-Z_,.]+|(/[\w.-]+)+|quetsach|EICAR|Quét Sạch|[─▲·]")


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """Look round once, in a process that has the language from its start, as a centre has it."""
    root = tmp_path_factory.mktemp("third-language")
    modules, data = build(root), root / "centre"
    furnish(data)
    environ = os.environ | {"PYTHONPATH": f"{modules}{os.pathsep}{ROOT}"}
    words = [sys.executable, "-m", "tests.third_language.driver", str(data)]
    done = subprocess.run(words, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def data_texts() -> str:
    """Every text of tables, plans, forms and the demonstration, which are data in the first language."""
    tables = (path for ending in ("toml", "csv") for path in (ROOT / "data").rglob(f"*.{ending}"))
    of_build = (path for pattern in ("*.csv", "*.toml", "demonstration*.py") for path in SOURCE.rglob(pattern))
    return " ".join(" ".join(path.read_text("utf-8") for path in (*tables, *of_build)).split())


def test_every_kind_of_page_says_everything_in_it(seen: dict[str, dict[str, str]], data_texts: str) -> None:
    left = {}
    for name, html in seen["pages"].items():
        assert '<html lang="xx"' in html, name
        for text in pseudo_language.outside(html):
            bare = re.sub(r" \([a-z][\w-]*\)$", "", text)  # the key of a feed behind its title
            bare = bare.strip(" :·;,.()–-0123456789%\"'→←+×…*")
            if not (DATA.fullmatch(text) or bare in data_texts or text.lstrip(": ").startswith(OF_DATA)):
                left[text] = name
    assert left == {}
    assert len(seen["pages"]) > 100


def test_commands_say_everything_in_it(seen: dict[str, dict[str, str]]) -> None:
    left = {}
    for words, whole in seen["commands"].items():
        # Of help, what is between the usage and the examples, which are command lines.
        told = whole.partition("\n\n")[2].partition("[[examples")[0] if "--help" in words else whole
        said = {" ".join(FORMAL.sub(" ", line).split()) for line in without_brackets(told).splitlines()}
        left |= {line: words for line in said if re.search(r"[^\W\d_]{3}", line)}
    of_packs = {line for line in left if line.startswith("Đây là tệp thử : vô hại")}
    assert set(left) - {command.words for command in COMMANDS} - {"self"} == of_packs
    assert len(of_packs) == 1


def without_brackets(text: str) -> str:
    """Return what stands outside brackets, which may lie in each other."""
    depth, kept = 0, ""
    for part in re.split(r"(\[\[|\]\])", text):
        depth += (part == "[[") - (part == "]]")
        kept += part if not depth and part != "]]" else ""
    return kept
