"""An open file is held at the name by which the match engine opens it."""

import pytest

from quetsach.endpoint.host.nt.names import named


class PlayedNames:
    """A file with a name, which somebody may be writing to."""

    def __init__(self, *, is_written: bool = False) -> None:
        self.now = "\\\\?\\C:\\x"
        self.is_written = is_written
        self.held = 0
        self.renames_before_hold = ""

    def path(self, descriptor: int) -> str:
        assert descriptor == 7
        return self.now

    def hold(self, descriptor: int) -> int:
        if self.is_written:
            raise PermissionError(13, "in use")
        self.now = self.renames_before_hold or self.now
        self.held += 1
        return 70

    def release(self, handle: int) -> None:
        assert handle == 70
        self.held -= 1


def test_a_file_is_held_while_it_is_read() -> None:
    names = PlayedNames()
    with named(names, 7) as name:
        assert (name, names.held) == ("\\\\?\\C:\\x", 1)
    assert names.held == 0


def test_the_name_is_that_of_the_file_that_is_held() -> None:
    names = PlayedNames()
    names.renames_before_hold = "\\\\?\\C:\\y"
    with named(names, 7) as name:
        assert name == "\\\\?\\C:\\y"


def test_a_file_in_use_must_keep_its_name() -> None:
    names = PlayedNames(is_written=True)
    with named(names, 7) as name:
        assert name == names.now
    with pytest.raises(OSError, match="renamed"), named(names, 7):
        names.now = "\\\\?\\C:\\y"


def test_a_file_is_let_go_when_reading_it_fails() -> None:
    names = PlayedNames()
    with pytest.raises(ValueError, match="engine"), named(names, 7):
        raise ValueError("engine")
    assert names.held == 0
