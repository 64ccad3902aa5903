"""Codes that pages and docs show as examples could be real ones: who tries one is not told that it is mistyped."""

import re
from pathlib import Path

from quetsach.campaign.codes import CheckedCode

ROOT = Path(__file__).parents[2]
CODES = {
    re.compile(r"\bQS-\w{5}-\w{5}\b"): CheckedCode("QS", (5, 5)),
    re.compile(r"\bHT-\w{3}-\w{3}\b"): CheckedCode("HT", (3, 3)),
}


def test_every_example_of_a_code_is_a_code() -> None:
    texts = [
        path.read_text(encoding="utf-8")
        for folder, kinds in (("src/quetsach", (".py", ".html", ".po")), ("docs", (".md",)))
        for path in (ROOT / folder).rglob("*")
        if path.suffix in kinds
    ]
    shown = {(found, code) for text in texts for form, code in CODES.items() for found in form.findall(text)}
    assert len(shown) >= 2
    assert [found for found, code in shown if code.read(found) != found] == []
