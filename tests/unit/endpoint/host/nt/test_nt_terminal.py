"""The console of Windows, and a restart whose answer is not believed."""

import signal
import sys

import pytest

from quetsach.endpoint.host.nt.terminal import NtTerminal, restart_machine


class PlayedConsole:
    """A console on which keys are pressed."""

    def __init__(self, keys: str = "") -> None:
        self.keys = list(keys)

    def has_key(self) -> bool:
        return bool(self.keys)

    def key(self) -> str:
        return self.keys.pop(0)

    def obey_sequences(self) -> bool:
        return True


class Shown:
    """A stream that a console shows."""

    def isatty(self) -> bool:
        return True


def test_keys_come_one_by_one() -> None:
    console = NtTerminal(PlayedConsole("pQế"))
    assert [console.key(1), console.key(1), console.key(1), console.key(0)] == [b"p", b"Q", "ế".encode(), None]


def test_a_key_without_a_letter_is_none_and_takes_its_second_half_along() -> None:
    console = NtTerminal(PlayedConsole("\u00e0pq"))  # an arrow, whose second half is the letter p here
    assert [console.key(1), console.key(1), console.key(0)] == [None, b"q", None]


def test_a_console_is_there_when_both_streams_are_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Shown())
    monkeypatch.setattr(sys, "stderr", Shown())
    assert NtTerminal(PlayedConsole()).is_there
    monkeypatch.setattr(sys, "stderr", None)  # as in a program with a window
    assert not NtTerminal(PlayedConsole()).is_there


def test_interrupting_is_what_ctrl_c_does() -> None:
    console = NtTerminal(PlayedConsole())
    assert signal.SIGINT in console.ending
    with pytest.raises(KeyboardInterrupt):
        console.interrupt()


class PlayedRestart:
    """A system that answers so when it is asked to restart."""

    def __init__(self, *answers: int) -> None:
        self.answers = list(answers)

    def restart(self, seconds: int) -> int:
        assert seconds > 0
        return self.answers.pop(0)


@pytest.mark.parametrize(
    ("answers", "agreed"),
    [
        ((0, 1190), True),
        ((0, 1115), True),
        ((1190,), True),
        ((0, 0), False),  # it says yes and does nothing
        ((5,), False),  # access is denied
        ((0, 5), False),
    ],
)
def test_a_restart_is_under_way_when_the_system_says_so_on_being_asked_again(
    answers: tuple[int, ...], agreed: bool
) -> None:
    system = PlayedRestart(*answers)
    assert restart_machine(system) is agreed
    assert system.answers == []
