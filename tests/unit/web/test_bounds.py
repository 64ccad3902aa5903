"""What is under way is bounded in all and for each source."""

from contextlib import ExitStack

from quetsach.core.address import Address
from quetsach.web.limits import PARTNER_BODY_BYTES, SMALL_BODY_BYTES, Admission, most_body_bytes


def test_one_source_cannot_take_all_places() -> None:
    admission = Admission(most=3, most_of_source=2)
    one, other = Address.parse("203.0.113.9"), Address.parse("203.0.113.10")
    with ExitStack() as held:
        assert [held.enter_context(admission.admitted(one)) for _ in range(3)] == [True, True, False]
        assert [held.enter_context(admission.admitted(other)) for _ in range(2)] == [True, False]
        assert admission.under_way == 3
    assert admission.under_way == 0


def test_a_line_of_ipv6_is_one_source() -> None:
    admission = Admission(most=9, most_of_source=1)
    with (
        admission.admitted(Address.parse("2001:db8::1")) as first,
        admission.admitted(Address.parse("2001:db8::2")) as second,
    ):
        assert (first, second) == (True, False)


def test_what_is_announced_together_is_bounded() -> None:
    admission = Admission(most=9, most_of_source=9, most_bytes=100)
    with admission.admitted(None, 60) as first, admission.admitted(None, 60) as second:
        assert (first, second) == (True, False)
    with admission.admitted(None, 100) as again:
        assert again


def test_only_the_office_and_partners_may_send_much() -> None:
    assert most_body_bytes("/giup-do/") == most_body_bytes("/van-phong/vao/") == SMALL_BODY_BYTES
    assert most_body_bytes("/api/v1/reports") == SMALL_BODY_BYTES
    assert most_body_bytes("/en/office/units/") > SMALL_BODY_BYTES
    assert most_body_bytes("/api/v1/partners/reports") == PARTNER_BODY_BYTES
