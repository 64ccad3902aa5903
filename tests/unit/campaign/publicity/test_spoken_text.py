"""A text for the loudspeaker: nothing is left that the announcer would have to work out."""

import contextlib
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quetsach.campaign.errors import PublicityError
from quetsach.campaign.spoken_text import MAX_CHARACTERS, SYLLABLES_A_SECOND, SpokenForms, count_syllables, spoken_text
from quetsach.web.office import publicity as office_publicity

FOLDER = Path(office_publicity.__file__).parent / "texts"
FORMS = SpokenForms.read((FOLDER / "spoken.csv").read_bytes(), file="spoken.csv")


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("Ngày 06/10/2020.", "Ngày mồng sáu tháng mười năm hai nghìn không trăm hai mươi."),
        ("từ ngày 17/9 đến ngày 15/12", "từ ngày mười bảy tháng chín đến ngày mười lăm tháng mười hai"),
        ("tháng 4/2025", "tháng tư năm hai nghìn không trăm hai mươi lăm"),
        ("lúc 8h30 và 14h", "lúc tám giờ ba mươi phút và mười bốn giờ"),
        ("giảm 47,8%", "giảm bốn mươi bảy phẩy tám phần trăm"),
        ("2.014.512 địa chỉ IP", "hai triệu không trăm mười bốn nghìn năm trăm mười hai địa chỉ ai pi"),
        ("12–15 máy", "mười hai đến mười lăm máy"),
        ("Gọi 024 3209 1616.", "Gọi không hai bốn ba hai không chín một sáu một sáu."),
        ("mở https://quet-sach.gov.vn.", "mở quet gạch ngang sach chấm gờ-o-vê chấm vê-nờ."),
        ("UBND TP. Hải Phòng", "Ủy ban nhân dân thành phố Hải Phòng"),
        ("Sở TT&TT.", "Sở Thông tin và Truyền thông."),
        ("theo DĐT", "theo dê đê tê"),
    ],
)
def test_written_forms_become_words(written: str, spoken: str) -> None:
    assert spoken_text(written, FORMS).text == spoken


@given(st.text(alphabet="aăâđ ƠÁ0123456789.,/-%:h@–&\n", max_size=60))
def test_no_digit_is_left_or_the_text_is_refused(written: str) -> None:
    with contextlib.suppress(PublicityError):
        assert not re.search(r"[0-9]", spoken_text(written, FORMS).text)


@given(st.text(max_size=300))
def test_no_text_does_worse_than_being_refused(written: str) -> None:
    with contextlib.suppress(PublicityError):
        spoken_text(written, FORMS)


@pytest.mark.parametrize("written", ["ngày 31/02/2020", "tháng 13/2020", "9" * 15 + "0", "x" * (MAX_CHARACTERS + 1)])
def test_what_cannot_be_said_rightly_is_refused_or_read_out_digit_by_digit(written: str) -> None:
    if written.startswith("9"):
        assert spoken_text(written, FORMS).text.endswith("chín không")
        return
    with pytest.raises(PublicityError):
        spoken_text(written, FORMS)


def test_each_word_of_vietnamese_is_one_syllable() -> None:
    assert count_syllables("Nghiêng nghiêng khuyến khích người giữa quốc gia.") == 8


def test_addresses_written_together_count_by_their_vowels() -> None:
    assert count_syllables("khonggianmang chấm vê-nờ") == 6


def test_time_is_syllables_and_pauses() -> None:
    assert spoken_text("Một, hai.", FORMS).seconds == pytest.approx(2 / SYLLABLES_A_SECOND + 0.3 + 0.7)


@pytest.mark.parametrize(
    "table", [b"\xff", b"written,spoken\nA,\n", b"written,spoken\nA,a\nA,b\n", b"a,b\n1,2\n", b'written,spoken\n"A']
)
def test_a_damaged_table_of_forms_is_refused(table: bytes) -> None:
    with pytest.raises(PublicityError):
        SpokenForms.read(table, file="spoken.csv")
