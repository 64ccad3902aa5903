"""What a worker sets when its server listens."""

import socket
from pathlib import Path

from quetsach.web.server import worker


def test_connections_whose_other_end_takes_nothing_are_cut_by_the_system() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening, socket.socket() as other:
        worker._limit_unread()
        limits = [held.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) for held in (listening, other)]
        with socket.create_connection(listening.getsockname()), listening.accept()[0] as accepted:
            limits.append(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT))
    assert limits == [worker.UNREAD_SECONDS * 1000, 0, worker.UNREAD_SECONDS * 1000]


def test_looking_for_what_listens_keeps_no_file_open(tmp_path: Path) -> None:
    open_files = Path("/proc/self/fd")
    with (tmp_path / "lock").open("wb"), socket.create_server(("127.0.0.1", 0)):
        before = len(list(open_files.iterdir()))
        worker._limit_unread()
        assert len(list(open_files.iterdir())) == before
