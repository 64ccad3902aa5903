"""A pack that broke off is gone on with: with its rest where the server has ranges, from the start where not."""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from tests.integration.packs.simulated_centre import Centre, Machine, answer, pack_of

from quetsach.packs import Refusal, RefusedError, UnreachableError
from quetsach.packs.source import Trust
from quetsach.packs.transport import Patience

type Answer = Callable[[BaseHTTPRequestHandler], None]
((NAME, CONTENT),) = pack_of("2026.01.01").items()
HALF = len(CONTENT) // 2


class Ranges:
    """Answers with a file, or the part of it that was asked for; ``cut`` says where answers break off, one by one."""

    def __init__(self, content: bytes, *cut: int) -> None:
        self.content = content
        self.cut = list(cut)
        self.asked: list[str] = []

    def __call__(self, handler: BaseHTTPRequestHandler) -> None:
        asked = handler.headers.get("Range", "")
        self.asked.append(asked)
        start = int(asked.removeprefix("bytes=").rstrip("-") or 0)
        body = self.content[start:]
        handler.send_response(206 if asked else 200)
        if asked:
            handler.send_header("Content-Range", f"bytes {start}-{len(self.content) - 1}/{len(self.content)}")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body[: self.cut.pop(0)] if self.cut else body)


def part_of(machine: Machine) -> Path:
    (store,) = (machine.state / "trust").iterdir()
    return store / "parts" / hashlib.sha256(CONTENT).hexdigest()


def left_half(machine: Machine, trust: Trust, centre: Centre, content: bytes = CONTENT) -> None:
    """Let an update end in the middle of the pack."""
    centre.misbehave[NAME] = lambda handler: answer(handler, b"", 500)
    with suppress(UnreachableError):
        machine.update(trust)
    part = part_of(machine)
    part.write_bytes(content[:HALF])


def test_what_breaks_off_is_gone_on_with_at_once(centre: Centre, machine: Machine, trust: Trust) -> None:
    server = centre.misbehave[NAME] = Ranges(CONTENT, HALF, 10)
    machine.update(trust)
    assert machine.installed() == {NAME: CONTENT}
    assert server.asked == ["", f"bytes={HALF}-", f"bytes={HALF + 10}-"]


def test_what_breaks_off_again_and_again_is_gone_on_with_by_the_next_update(
    centre: Centre, machine: Machine, trust: Trust
) -> None:
    centre.misbehave[NAME] = Ranges(CONTENT, 10, 10, 10)
    with pytest.raises(UnreachableError, match="cannot be reached"):
        machine.update(trust)
    assert part_of(machine).read_bytes() == CONTENT[:30]
    server = centre.misbehave[NAME] = Ranges(CONTENT)
    machine.update(trust)
    assert server.asked == ["bytes=30-"]
    assert machine.installed() == {NAME: CONTENT}
    assert not part_of(machine).exists()


def test_a_line_too_slow_for_one_update_gets_there_in_several(centre: Centre, machine: Machine, trust: Trust) -> None:
    def slow(handler: BaseHTTPRequestHandler) -> None:
        start = int(handler.headers.get("Range", "").removeprefix("bytes=").rstrip("-") or 0)
        handler.send_response(206 if start else 200)
        handler.send_header("Content-Range", f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}")
        handler.send_header("Content-Length", str(len(CONTENT) - start))
        handler.end_headers()
        begun.append(start)
        handler.wfile.write(CONTENT[start : start + len(CONTENT) // 3 + 1])
        if start < len(CONTENT) * 2 // 3:
            handler.connection.settimeout(60)
            handler.rfile.read(1)  # which ends when the other side has gone

    begun: list[int] = []
    centre.misbehave[NAME] = slow
    while not machine.installed():
        try:
            machine.update(trust, patience=Patience(0.5, 1e9))
        except RefusedError as error:
            assert error.reason is Refusal.TOO_SLOW  # on a busy machine also before the pack was asked for
        assert len(begun) < 10
    assert len(begun) >= 3
    assert begun == sorted(begun)
    assert machine.installed() == {NAME: CONTENT}


def test_a_server_without_ranges_sends_the_whole(centre: Centre, machine: Machine, trust: Trust) -> None:
    left_half(machine, trust, centre)
    centre.misbehave[NAME] = lambda handler: answer(handler, CONTENT)
    machine.update(trust)
    assert machine.installed() == {NAME: CONTENT}


def test_a_part_that_was_altered_is_thrown_away_and_the_whole_fetched(
    centre: Centre, machine: Machine, trust: Trust
) -> None:
    left_half(machine, trust, centre, b"\0" * len(CONTENT))
    server = centre.misbehave[NAME] = Ranges(CONTENT)
    machine.update(trust)
    assert server.asked == [f"bytes={HALF}-", ""]
    assert machine.installed() == {NAME: CONTENT}


def test_a_rest_that_was_altered_is_refused_in_the_end(centre: Centre, machine: Machine, trust: Trust) -> None:
    left_half(machine, trust, centre)
    server = centre.misbehave[NAME] = Ranges(CONTENT[:-1] + b"\0")
    with pytest.raises(RefusedError) as refused:
        machine.update(trust)
    assert refused.value.reason is Refusal.ALTERED
    assert len(server.asked) == 2
    assert machine.installed() == {}
    assert not part_of(machine).exists()


def another_part(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(206)
    handler.send_header("Content-Range", f"bytes 0-{len(CONTENT) - 1}/{len(CONTENT)}")
    handler.send_header("Content-Length", str(len(CONTENT)))
    handler.end_headers()
    handler.wfile.write(CONTENT)


def beyond(handler: BaseHTTPRequestHandler) -> None:
    Ranges(CONTENT + b"\0" * 10_000)(handler)


@pytest.mark.parametrize(("wrong", "error"), [(another_part, UnreachableError), (beyond, RefusedError)])
def test_a_wrong_part_installs_nothing(
    centre: Centre, machine: Machine, trust: Trust, wrong: Answer, error: type[Exception]
) -> None:
    left_half(machine, trust, centre)
    centre.misbehave[NAME] = wrong
    with pytest.raises(error):
        machine.update(trust)
    assert machine.installed() == {}
    del centre.misbehave[NAME]
    machine.update(trust)
    assert machine.installed() == {NAME: CONTENT}


def test_a_part_as_long_as_the_whole_is_fetched_anew(centre: Centre, machine: Machine, trust: Trust) -> None:
    left_half(machine, trust, centre)
    part_of(machine).write_bytes(b"\0" * (len(CONTENT) + 5))
    del centre.misbehave[NAME]
    machine.update(trust)
    assert machine.installed() == {NAME: CONTENT}


def test_parts_of_packs_that_are_no_longer_wanted_go(centre: Centre, machine: Machine, trust: Trust) -> None:
    left_half(machine, trust, centre)
    centre.publish("2026.02.02")
    machine.update(trust)
    assert machine.installed() == pack_of("2026.02.02")
    assert list(part_of(machine).parent.iterdir()) == []
