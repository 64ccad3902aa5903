"""Pausing and ending a scan."""

import threading

from quetsach.endpoint.scanner.control import Control


class _Clock:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_a_scan_goes_on_until_it_is_ended() -> None:
    control = Control()
    assert not control.is_over()
    control.end()
    assert control.is_over()


def test_a_scan_is_over_when_its_time_is_up() -> None:
    clock = _Clock()
    control = Control(60, clock=clock)
    clock.seconds = 59
    assert not control.is_over()
    clock.seconds = 60
    assert control.is_over()


def test_a_pause_does_not_count() -> None:
    clock = _Clock()
    control = Control(60, clock=clock)
    control.pause()
    clock.seconds = 1_000
    control.go_on()
    clock.seconds = 1_059
    assert not control.is_over()
    clock.seconds = 1_060
    assert control.is_over()


def test_it_can_be_said_for_how_long_a_scan_is_over() -> None:
    clock = _Clock()
    control = Control(60, clock=clock)
    clock.seconds = 65
    assert not control.is_over_for(10)
    clock.seconds = 70
    assert control.is_over_for(10)
    assert not Control(clock=clock).is_over_for(0)


def test_the_scan_stands_still_during_a_pause() -> None:
    control = Control()
    control.pause()
    threading.Timer(0.3, control.go_on).start()
    control.is_over()
    assert not control.is_paused


def test_an_end_ends_a_pause() -> None:
    control = Control()
    control.pause()
    control.end()
    assert control.is_over()


def test_pauses_are_told_once_and_with_their_length() -> None:
    clock = _Clock()
    control = Control(clock=clock)
    told: list[float | None] = []
    leave = control.attend(told.append)
    control.pause()
    control.pause()
    clock.seconds = 7
    control.go_on()
    control.go_on()
    leave()
    control.pause()
    assert told == [None, 7]
