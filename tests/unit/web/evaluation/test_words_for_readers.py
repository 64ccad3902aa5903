"""The words of the report are for people: no option, field or setting of a program is among them."""

import re
from dataclasses import replace

import pytest
from tests.unit.web.evaluation.judged import cases, grades, priority
from tests.unit.web.evaluation.samples import effect_of, inputs
from tests.unit.web.evaluation.test_report import counted

from quetsach.assess import DEFINITIONS
from quetsach.assess.effect.method_texts import ASSUMPTIONS, METHOD_NAMES, SCALE_NAMES
from quetsach.assess.estimate import EXPLANATIONS
from quetsach.web.evaluation.chapters import compose
from quetsach.web.evaluation.page import render_page

OF_PROGRAMS = re.compile(
    r"(?<![-\w])--[a-z]|\b(bot_id|seed|sdid|cits|wedge \(|method (did|wedge)|[a-z]+_[a-z_]+)\b|cột (treated|outcome)"
)
GIVEN_UP = (
    "tranh chấp",
    "mức lộ",
    "số khởi đầu",
    "lẽ ra sẽ có",
    "máy thu",
    "Xin đọc các con số này",
    "không ai tra lại được khóa",
)
"""What a civil servant stumbled over."""


def text_of(page: str) -> str:
    """What a person reads of a page, without addresses of files and names of elements."""
    return " ".join(re.sub(r"<(style|script).*?</\1>|<[^>]*>", " ", page, flags=re.DOTALL).split())


@pytest.mark.parametrize("language", ["vi", "en"])
def test_no_option_field_or_setting_is_in_the_report(language: str) -> None:
    made = inputs(effect=effect_of(0.6))
    whole = replace(made, targets=counted(), cases=cases(), grades=grades(), priority=priority())
    for report in (compose(whole), compose(inputs())):
        text = text_of(render_page(report, language))
        assert [found.group() for found in OF_PROGRAMS.finditer(text)] == []
        assert [words for words in GIVEN_UP if words.lower() in text.lower()] == []


def test_no_reason_definition_or_method_names_one_either() -> None:
    texts = [
        *EXPLANATIONS.values(),
        *METHOD_NAMES.values(),
        *ASSUMPTIONS.values(),
        *SCALE_NAMES.values(),
        *(definition.text for definition in DEFINITIONS.values()),
    ]
    told = [found.group() for text in texts for la in (text.vi, text.en) for found in OF_PROGRAMS.finditer(la)]
    assert told == []
