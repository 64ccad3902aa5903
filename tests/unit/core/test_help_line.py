import pytest
from hypothesis import given
from hypothesis import strategies as st

from quetsach.core.errors import InputError
from quetsach.core.help_line import HelpLine, Hours, read_help_line

_DAY = st.integers(0, 6)
_TIMES = st.lists(st.integers(0, 24 * 60), min_size=2, max_size=6, unique=True).filter(
    lambda times: len(times) % 2 == 0
)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


@st.composite
def _weeks(draw: st.DrawFn) -> tuple[Hours, ...]:
    edges = sorted(draw(st.lists(_DAY, min_size=2, max_size=6, unique=True).filter(lambda days: len(days) % 2 == 0)))
    hours = []
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        times = [_clock(minutes) for minutes in sorted(draw(_TIMES))]
        hours.append(Hours(first, last, tuple(zip(times[::2], times[1::2], strict=True))))
    return tuple(hours)


_PHONES = st.lists(st.from_regex(r"\+?[0-9]( ?[0-9]){2,14}", fullmatch=True), max_size=4).map(tuple)
_ZALO = st.one_of(st.just(""), st.from_regex(r"https://zalo\.me/[A-Za-z0-9]{1,20}", fullmatch=True))


@given(_PHONES, _ZALO, _weeks())
def test_what_is_kept_is_read_again_as_it_was(phones: tuple[str, ...], zalo: str, hours: tuple[Hours, ...]) -> None:
    line = HelpLine(phones, zalo, hours, (("01", ("024 0000 0000",)),), "https://centre.example/giup-do/")
    assert read_help_line(**line.as_texts()) == line


@given(st.sampled_from(["phone", "zalo", "hours", "places", "desk"]), st.text(max_size=60))
def test_any_text_is_read_or_refused_with_a_reason(part: str, text: str) -> None:
    try:
        line = read_help_line(**{part: text})
    except InputError as error:
        assert error.where == part
        assert error.in_language("vi")
    else:
        assert all(told.isprintable() for told in line.lines("vi"))


def test_the_block_says_who_is_reached_how_and_when() -> None:
    line = read_help_line(
        phone="024 0000 0000,  +84 24 0000 0001",
        zalo="https://zalo.me/1234567890",
        hours="mon-fri 08:00-11:30 13:30-17:00; sun 00:00-24:00",
        desk="https://centre.example/giup-do/",
    )
    assert line.lines("en") == (
        "Telephone: 024 0000 0000",
        "Telephone: +84 24 0000 0001",
        "Zalo: zalo.me/1234567890",
        "Answered: Monday to Friday 8:00–11:30, 13:30–17:00; Sunday day and night",
        "On the web: centre.example/giup-do",
    )
    assert line.sentence("vi") == (
        "Điện thoại: 024 0000 0000 · Điện thoại: +84 24 0000 0001 · Zalo: zalo.me/1234567890 · "
        "Giờ trả lời: thứ Hai đến thứ Sáu 8:00–11:30, 13:30–17:00; Chủ nhật suốt ngày đêm · "
        "Trên mạng: centre.example/giup-do"
    )
    assert [way.url for way in line.ways("en")] == [
        "tel:02400000000", "tel:+842400000001", "https://zalo.me/1234567890", "", "https://centre.example/giup-do/",
    ]  # fmt: skip


def test_where_there_is_little_room_the_first_and_the_last_way_stay() -> None:
    line = read_help_line(
        phone="024 0000 0000, 024 0000 0001", zalo="0900 000 000", desk="https://centre.example/giup-do/"
    )
    assert line.sentence("vi", most=88) == "Điện thoại: 024 0000 0000 · Trên mạng: centre.example/giup-do"
    assert line.sentence("vi", most=10).count("·") == 1
    assert line.sentence("vi", most=500) == line.sentence("vi")


def test_a_number_of_zalo_leads_to_its_account() -> None:
    (way,) = read_help_line(zalo="0900 000 000").ways("vi")
    assert (way.shown, way.url) == ("0900 000 000", "https://zalo.me/0900000000")


def test_hours_of_nobody_are_not_told() -> None:
    line = read_help_line(hours="mon-sun 07:00-21:00")
    assert not line.is_given
    assert line.lines("vi") == ()
    assert line.hours[0].in_language("vi") == "hằng ngày 7:00–21:00"


@pytest.mark.parametrize(
    ("part", "text"),
    [
        ("phone", "024-0000-0000"), ("phone", "12"), ("phone", "1234567890123456"), ("phone", "024 0000 0000,"),
        ("phone", "0a"), ("phone", "٠٢٤٠"), ("phone", "1+1"), ("phone", "111,222,333,444,555"),
        ("zalo", "https://zalo.me.evil.example/1"), ("zalo", "http://zalo.me/1"), ("zalo", "quetsach"),
        ("hours", "fri-mon 08:00-17:00"), ("hours", "mon"), ("hours", "mon 8:00-17:00"), ("hours", "mon 17:00-08:00"),
        ("hours", "mon 08:00-24:30"), ("hours", "mon 08:60-09:00"), ("hours", "mon 08:00-09:00; mon 10:00-11:00"),
        ("hours", "mon-wed 08:00-09:00; tue 08:00-09:00"), ("hours", "xyz 08:00-09:00"),
        ("places", "024 0000 0000"), ("places", "01: 024 0000 0000; 01: 024 0000 0001"), ("places", "01: x"),
        ("desk", "javascript:alert(1)"),
    ],
)  # fmt: skip
def test_other_forms_are_refused(part: str, text: str) -> None:
    with pytest.raises(InputError) as caught:
        read_help_line(**{part: text})
    assert caught.value.where == part


def test_a_fault_names_what_was_typed_and_how_to_write_it() -> None:
    with pytest.raises(InputError) as caught:
        read_help_line(hours="T2-T6 8h-17h")
    assert "T2-T6" in caught.value.explain()
    assert "mon-fri 08:00-11:30" in caught.value.explain()
