import io
import json
import time
from collections.abc import Callable

import pytest

from quetsach.cli import output
from quetsach.cli.failure import complain
from quetsach.cli.output import Progress, coloured, print_json, print_json_list, print_table, say, width
from quetsach.cli.scan_control import ScanProgress
from quetsach.core.errors import InputError
from quetsach.core.text import LocalError, LocalText
from quetsach.endpoint.scanner.cache import Totals
from quetsach.endpoint.scanner.files import Passed


@pytest.mark.parametrize("values", [[], [{"a": 1}], [{"lời": "x\u2028\ny"}, {}, [1, [2]]]])
def test_a_list_printed_value_by_value_is_the_list(values: list[object], capsys: pytest.CaptureFixture[str]) -> None:
    print_json(values)
    whole = capsys.readouterr().out
    print_json_list(iter(values))
    assert capsys.readouterr().out == whole
    assert json.loads(whole) == values


class Terminal(io.StringIO):
    """A terminal of 80 columns, and a clock."""

    now = 0.0

    def isatty(self) -> bool:
        return True

    def drawn(self) -> list[str]:
        """Return the lines as they were drawn one over the other."""
        return self.getvalue().replace("\n", "").replace("\x1b[K", "").split("\r")


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    made = Terminal()
    monkeypatch.setattr(output.time, "monotonic", lambda: made.now)
    monkeypatch.setenv("TERM", "xterm")
    return made


def test_long_work_shows_its_keys_once_and_a_line_that_fits(terminal: Terminal) -> None:
    with Progress("Đang quét", 4, preface="Nhấn p", left="còn {:.0f} giây".format, stream=terminal) as line:
        line.advance(note="too early")
        for terminal.now in (11, 22):
            line.advance(note="字" * 60)
    keys, *drawn, last = terminal.drawn()
    assert (keys, last) == ("Nhấn p", "")
    assert [one[-1] == "字" and "còn " in one for one in drawn] == [True, True]
    assert [width(one) <= 80 for one in drawn] == [True, True]


def test_a_paused_scan_says_so_and_its_pause_is_no_work(terminal: Terminal) -> None:
    line = Progress("Đang quét", left="còn {:.0f} giây".format, stream=terminal)
    course = ScanProgress(line, Totals(100, 100), "vi")
    terminal.now = 10
    course.stand_still(None)
    course.show(Passed(50, 50, b"/late"))
    assert terminal.drawn()[-1] == "Đã tạm dừng. Nhấn p để chạy tiếp, q để kết thúc."
    terminal.now = 110
    course.stand_still(100)
    course.show(Passed(50, 50, b"/next"))
    assert "còn 10 giây " in terminal.drawn()[-1]


def test_how_long_it_takes_is_not_told_before_it_can_be_known(terminal: Terminal) -> None:
    line = Progress("Đang quét", left="còn {:.0f} giây".format, stream=terminal)
    told = []
    for terminal.now, done in ((3, 0), (4, 999), (5, 1), (9, 40), (11, 1), (12, 100), (20, 200), (40, 400), (50, 1000)):
        line.move_to(int(done), 1000)
        told.append(terminal.drawn()[-1].partition("còn ")[2].strip())
    assert told == ["", "", "", "", "", "", "80 giây", "60 giây", "0 giây"]


def test_a_time_is_told_roughly_where_no_language_is_known(terminal: Terminal) -> None:
    line = Progress("counting", stream=terminal)
    for terminal.now in (50, 100, 150, 200):
        line.move_to(int(terminal.now), 5000)
    assert "~1 h 20" in terminal.drawn()[-1]


def test_progress_is_silent_where_nobody_looks() -> None:
    stream = io.StringIO()
    with Progress("Đang quét", 2, preface="Nhấn p", stream=stream) as line:
        line.stand_still("paused")
        line.advance()
    assert stream.getvalue() == ""


def test_a_command_that_is_told_can_be_copied(terminal: Terminal) -> None:
    command = f"`quetsach undo 20261125T042830Z-5ecc8d --root /mnt/{'disk' * 8}`"
    say(f"Mọi thay đổi đều hoàn tác được: {command}. Việc cần làm tiếp là đọc báo cáo của lần bóc gỡ này.", terminal)
    lines = terminal.getvalue().splitlines()
    assert len(lines) > 1
    assert any(command in line for line in lines)


def test_a_table_too_wide_for_a_terminal_is_told_row_by_row(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout", terminal)
    print_table(("phiên", "hệ thống"), [("1", "/"), ("2", "/mnt/" + "d" * 60)])
    assert terminal.getvalue().splitlines()[0].split() == ["phiên", "hệ", "thống"]
    terminal.truncate(terminal.seek(0))
    print_table(("phiên", "hệ thống"), [("1", "/"), ("2", "/mnt/" + "d" * 90)])
    assert terminal.getvalue().splitlines()[:2] == ["phiên: 1", "  hệ thống: /"]


@pytest.mark.parametrize(
    ("language", "told"),
    [("vi", "quetsach: tw: cần nêu lý do\ngợi ý: ghi --reason\n"), ("en", "a reason is needed")],
)
def test_a_refusal_of_the_office_is_told_in_the_language_of_the_output(
    language: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text, advice = LocalText("cần nêu lý do", "a reason is needed"), LocalText("ghi --reason", "give --reason")
    complain(LocalError(text, where="tw", advice=advice), language)
    assert told in capsys.readouterr().err


HOSTILE = "\x1b[2J\x1b]0;x\x07\x9b31mtob\u202etxt\ud800"


def test_what_a_feed_wrote_cannot_steer_the_terminal_of_who_reads_it(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("tên", "n"), [(HOSTILE, 1), ("Ramnit – Hà Nội", 2)])
    print_json({"name": HOSTILE})
    print_json_list([HOSTILE])
    say(f"thư mục {HOSTILE}")
    complain(InputError("cannot be read", where=HOSTILE), "en")
    told = capsys.readouterr()
    assert not set("\x1b\x07\x9b\u202e\ud800") & set(told.out + told.err)
    assert "Ramnit – Hà Nội" in told.out
    assert "\\u001b[2J" in told.out


def test_a_line_keeps_the_colour_it_has_as_a_whole(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", terminal)
    monkeypatch.delenv("NO_COLOR", raising=False)
    say(coloured(f"thấy {HOSTILE}", "32;1"))
    told = terminal.getvalue().strip()
    assert (told[:7], told[-4:]) == ("\x1b[32;1m", "\x1b[0m")
    assert not set("\x1b\x07\x9b\u202e\ud800") & set(told[7:-4])


def test_json_says_the_same_characters(capsys: pytest.CaptureFixture[str]) -> None:
    value = {"name": HOSTILE, "lines": "one\ntwo\t3", "vi": "mã độc", "path": "C:\\u202e"}
    print_json(value)
    assert json.loads(capsys.readouterr().out) == value


def test_a_log_is_told_what_goes_on_and_sometimes_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "_QUIET_SECONDS", 0.0)
    stream = io.StringIO()
    with Progress("Đang phát lại", 4, stream=stream, is_logged=True) as line:
        waited_for(stream.getvalue)
        line.advance()
        monkeypatch.setattr(output, "_LOG_SECONDS", 0.0)
        line.advance()
    assert stream.getvalue() == "Đang phát lại…\nĐang phát lại… 50%\n"


def test_a_log_is_not_told_of_short_work() -> None:
    stream = io.StringIO()
    with Progress("Đang phát lại", 2, stream=stream, is_logged=True) as line:
        line.advance(2)
    assert stream.getvalue() == ""


def waited_for(seen: Callable[[], str]) -> None:
    """Wait until something was written, ten seconds at most."""
    for _ in range(1000):
        if seen():
            return
        time.sleep(0.01)
    raise AssertionError("nothing was written")
