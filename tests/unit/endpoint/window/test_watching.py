"""How far a look is: shares and times that are true, with pauses left out."""

import pytest

from quetsach.endpoint.scanner.cache import Totals
from quetsach.endpoint.scanner.control import Control
from quetsach.endpoint.scanner.files import Passed
from quetsach.endpoint.window.use_cases import ScanProgress
from quetsach.endpoint.window.watching import Watching


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def watched(totals: Totals) -> tuple[Watching, list[ScanProgress], Clock]:
    courses: list[ScanProgress] = []
    clock = Clock()
    return Watching(courses.append, totals, clock=clock), courses, clock


def test_where_nobody_knows_how_much_there_is_no_share_is_told() -> None:
    watching, courses, _ = watched(Totals())
    watching.passed(Passed(10, 1000, b"/x"))
    assert courses == [ScanProgress(10, 1000, "/x")]


@pytest.mark.parametrize(
    ("totals", "share"), [(Totals(100, 1000), 0.3), (Totals(100, 0), 0.5), (Totals(10, 0), 0.99), (Totals(1, 1), 0.99)]
)
def test_files_and_bytes_count_half_each_and_never_say_done(totals: Totals, share: float) -> None:
    watching, courses, _ = watched(totals)
    watching.passed(Passed(50, 100, b"/x"))
    assert courses[0].share == pytest.approx(share)


def test_a_pause_is_no_work() -> None:
    watching, courses, clock = watched(Totals(1000, 0))
    control = Control(clock=clock)
    control.attend(watching.stand_still)
    for second in range(1, 21):
        clock.now = second
        watching.passed(Passed(second * 10, 0, b"/x"))
    control.pause()
    clock.now += 500
    control.go_on()
    clock.now += 1
    watching.passed(Passed(210, 0, b"/x"))
    assert [courses[0].left_seconds, courses[-1].left_seconds] == [None, pytest.approx(79)]


def test_names_that_are_no_text_are_told() -> None:
    watching, courses, _ = watched(Totals())
    watching.passed(Passed(1, 1, b"/t\xe1\n.com"))
    assert courses[0].place == "/t\\xe1\\n.com"
