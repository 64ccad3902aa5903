"""What a worker process loads: Django behind the application that takes requests in; it ends with its main process."""

import ctypes
import logging
import multiprocessing
import os
import signal
import socket
import struct
import sys
import threading
import time
from asyncio import AbstractEventLoop
from multiprocessing.connection import wait
from pathlib import Path

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.utils.module_loading import import_string

from quetsach.web.metrics import count_written
from quetsach.web.server.application import CentreApplication, HttpProtocol
from quetsach.web.server.looks import Looks
from quetsach.web.server.pages import WrittenPages, is_own_host, pages_folder, pages_mark
from quetsach.web.server.request import Scope

# Ends a worker whose main process is gone: nobody would renew signatures, send letters or stop it any more.

LAST_ANSWERS_SECONDS = 3
_center_logger = logging.getLogger("quetsach.center")


def follow_parent() -> None:
    """Watch the pipe that the main process holds open for as long as it lives, however it ends."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_follow, args=(parent.sentinel,), name="follow-parent", daemon=True).start()


def _follow(sentinel: int) -> None:
    wait([sentinel])
    _center_logger.error("the main process is gone: this worker ends")
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(LAST_ANSWERS_SECONDS)
    os._exit(1)


# What a worker process loads: Django behind the application that takes requests in.

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quetsach.web.settings")
_django = get_wsgi_application()
UNREAD_SECONDS = 60
"""How long an answer may lie in the system's hands without the visitor's taking any of it; then the line is cut."""
LAST_CONNECTIONS_SECONDS = 0.5
"""How long a worker that was told to stop serves whoever had connected: their requests are on their way to it."""
_SO_ATTACH_FILTER = 26
_NO_NEW_CONNECTIONS = ((0x30, 0, 0, 13), (0x45, 0, 1, 0x02), (0x06, 0, 0, 0), (0x06, 0, 0, 0xFFFFFFFF))
"""A packet filter (classic BPF): of TCP, drop what has the flag SYN at byte 13, and let pass all else."""
_logger = logging.getLogger("quetsach.web.server")


class Worker:
    """The application with what a worker does when its server starts."""

    def __init__(self) -> None:
        follow_parent()
        self._application = CentreApplication(
            _django,
            folder=settings.CENTER.data,
            proxy_hops=settings.CENTER.proxy_hops,
            is_known_sender=import_string("quetsach.web.office.middleware.is_known_sender"),
            written=WrittenPages(
                pages_folder(settings.CENTER),
                mark=pages_mark(settings.CENTER),
                is_ours=is_own_host,
                is_https=settings.SECURE_PROXY_SSL_HEADER is not None,
                count=count_written,
            ),
            looks=Looks(_django, is_https=settings.SECURE_PROXY_SSL_HEADER is not None),
        )

    def __rsgi_init__(self, loop: AbstractEventLoop) -> None:
        """Set the deadline of readers as soon as the server listens; connections inherit it. Have it end in order."""
        _logger.info("worker ready")
        loop.call_later(0.2, _limit_unread)
        loop.add_signal_handler(signal.SIGTERM, _stop_in_order, loop)

    async def __rsgi__(self, scope: Scope, protocol: HttpProtocol) -> None:
        """Answer one request."""
        await self._application.__rsgi__(scope, protocol)


def _stop_in_order(loop: AbstractEventLoop) -> None:
    """Take no new connection, and stop when those there are had time to be heard.

    The server by itself resets connections that wait to be accepted, and closes those that have not said anything yet.
    Whoever connects now is not refused: their system tries again, and reaches the next process or is told then.
    The other signal, SIGINT, is still the server's own.
    """
    _take_no_more()
    loop.call_later(LAST_CONNECTIONS_SECONDS, os.kill, os.getpid(), signal.SIGINT)


def _take_no_more() -> None:
    """Have the system drop the first packet of new connections (``SO_ATTACH_FILTER``, Linux)."""
    if sys.platform != "linux":
        return
    steps = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in _NO_NEW_CONNECTIONS))
    program = struct.pack("HP", len(_NO_NEW_CONNECTIONS), ctypes.addressof(steps))
    for held in _listening_sockets():
        held.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)
        held.close()


def _limit_unread() -> None:
    """Have the system cut connections whose other end takes nothing (``TCP_USER_TIMEOUT``, Linux)."""
    option = getattr(socket, "TCP_USER_TIMEOUT", None)
    listening = [] if option is None else _listening_sockets()
    for held in listening:
        held.setsockopt(socket.IPPROTO_TCP, option or 0, UNREAD_SECONDS * 1000)
        held.close()
    if not listening:
        _logger.warning("connections whose other end takes nothing are not cut on this system")


def _listening_sockets() -> list[socket.socket]:
    """Return our own handles on the sockets that this process listens on."""
    found = []
    open_files = Path("/proc/self/fd")
    for file in list(open_files.iterdir()) if open_files.is_dir() else ():
        try:
            own = os.dup(int(file.name))
        except OSError:  # that of the folder, which is closed
            continue
        try:
            held = socket.socket(fileno=own)
        except OSError:  # no socket
            os.close(own)
            continue
        try:
            is_listening = held.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
        except OSError:
            is_listening = 0
        if is_listening and held.family in (socket.AF_INET, socket.AF_INET6):
            found.append(held)
        else:
            held.close()
    return found


application = Worker()
