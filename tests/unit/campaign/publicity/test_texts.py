"""The words of a kit: complete in both languages, filled in without surprises, and as long as there is time."""

import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quetsach.campaign.errors import CampaignError, PublicityError
from quetsach.campaign.kit_texts import LENGTHS_SECONDS, PLACEHOLDERS, Facts, announce, fill, read_texts, span_text
from quetsach.campaign.spoken_text import SpokenForms
from quetsach.core.text import LocalText
from quetsach.web.office import publicity as office_publicity

FOLDER = Path(office_publicity.__file__).parent / "texts"
CONTENT = (FOLDER / "texts.toml").read_bytes()
TEXTS = read_texts(CONTENT, file="texts.toml")
FORMS = SpokenForms.read((FOLDER / "spoken.csv").read_bytes(), file="spoken.csv")
LONGEST = "Sở Thông tin và Truyền thông tỉnh Bà Rịa - Vũng Tàu"


def facts(unit: str = LONGEST) -> Facts:
    return Facts(
        campaign=LocalText(
            "Chiến dịch rà soát và bóc gỡ mã độc trên toàn quốc năm 2020",
            "Nationwide malware scanning and removal campaign 2020",
        ),
        first=date(2020, 9, 17),
        last=date(2020, 12, 15),
        unit=LocalText(unit, unit),
        unit_key="77-2020",
        site="https://quetsach.example.vn",
        code="QS-7K3M9-F2DXH",
    )


def test_there_are_the_three_message_blocks_of_the_letters() -> None:
    assert [block.title.vi for block in TEXTS.blocks] == [
        "Mục đích, ý nghĩa",
        "Đối tượng, phạm vi",
        "Các hoạt động chính",
    ]


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_placeholder_is_filled(language: str) -> None:
    values = facts().values(language)
    assert set(values) == PLACEHOLDERS
    for block in (*TEXTS.blocks, TEXTS.press):
        for paragraph in block.paragraphs:
            assert not re.search(r"[{}]", fill(paragraph.in_language(language), values))


@pytest.mark.parametrize("wrong", ["{where}", "{}", "{unit", "unit}", "{unit.__class__}"])
def test_a_placeholder_that_nothing_fills_is_refused_with_its_field(wrong: str) -> None:
    content = CONTENT.decode().replace("Kính thưa toàn thể bà con.", wrong)
    with pytest.raises(CampaignError, match=r"speech\[1\]\.text"):
        read_texts(content.encode(), file="texts.toml")


@given(st.text(max_size=40))
def test_what_a_value_holds_is_never_filled_in_again(name: str) -> None:
    values = facts(name).values("vi")
    assert fill("{unit}|{code}", values) == f"{name}|QS-7K3M9-F2DXH"


@pytest.mark.parametrize("seconds", LENGTHS_SECONDS)
@pytest.mark.parametrize("unit", [LONGEST, "Phường Hồng Bàng"])
def test_the_script_fills_its_time_and_no_more(seconds: int, unit: str) -> None:
    script = announce(TEXTS.speech, facts(unit).values("vi"), FORMS, limit_seconds=seconds)
    assert 0.85 * seconds <= script.speech.seconds <= seconds


def test_the_least_that_is_said_names_the_address_and_what_is_never_asked() -> None:
    script = announce(TEXTS.speech, facts().values("vi"), FORMS, limit_seconds=60)
    assert "quetsach chấm example chấm vê-nờ" in script.speech.text
    assert "không bao giờ hỏi mật khẩu" in script.speech.text


def test_sentences_keep_their_order() -> None:
    script = announce(TEXTS.speech, facts().values("vi"), FORMS, limit_seconds=120)
    places = [script.written.index(word) for word in ("Kính thưa", "Một là", "Hai là", "Ba là", "trân trọng")]
    assert places == sorted(places)


def test_a_name_that_leaves_no_time_is_refused() -> None:
    with pytest.raises(PublicityError, match="60 are given"):
        announce(TEXTS.speech, facts("Rất dài " * 60).values("vi"), FORMS, limit_seconds=60)


@pytest.mark.parametrize(
    ("first", "last", "vi", "en"),
    [
        (
            date(2020, 9, 7),
            date(2020, 12, 15),
            "từ ngày 07/9 đến ngày 15/12/2020",
            "from 7 September to 15 December 2020",
        ),
        (
            date(2020, 12, 16),
            date(2021, 2, 28),
            "từ ngày 16/12/2020 đến ngày 28/02/2021",
            "from 16 December 2020 to 28 February 2021",
        ),
    ],
)
def test_the_span_names_a_common_year_once(first: date, last: date, vi: str, en: str) -> None:
    assert (span_text(first, last, "vi"), span_text(first, last, "en")) == (vi, en)


def test_the_addresses_on_paper_carry_the_unit_and_the_code() -> None:
    assert facts().visit_url("vi") == "https://quetsach.example.vn/t/77-2020"
    assert facts().visit_url("en") == "https://quetsach.example.vn/en/t/77-2020"
    assert facts().check_url == "https://quetsach.example.vn/xac-minh/QS-7K3M9-F2DXH/"
