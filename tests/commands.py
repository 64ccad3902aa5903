"""Commands as processes that begin where their libraries are loaded already: forked off one that has loaded them.

A command of a centre spends two thirds of its time on loading what every other has loaded too. Whoever tests how a
command starts, kills it, or changes what it loads, starts it itself.
"""

import functools
import gc
import importlib
import json
import os
import pkgutil
import random
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, Final, NoReturn

from tests.waiting import PATIENCE_SECONDS

ROOT: Final = Path(__file__).parents[1]
WALKED: Final = ("assess", "campaign", "centre", "lake", "network", "packs")
LOADED: Final = (
    "allauth",
    "cryptography.x509",
    "django.forms",
    "django.template.backends.django",
    "django.views.generic.base",
    "duckdb",
    "PIL.ExifTags",
    "pyarrow.compute",
    "pyarrow.parquet",
    "pydantic",
    "quetsach.cli.center.opened",
    "quetsach.cli.main",
    "scipy.stats",
    "sqlparse",
    "tuf.ngclient",
)
"""What commands of a centre need before Django knows which centre it is: packages with all their modules, and these."""
_REQUEST_BYTES: Final = 1 << 20

cpu_seconds = [0.0]
"""What the commands have used that were run so."""


def quetsach(
    *words: object, environment: Mapping[str, str] | None = None, folder: Path | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run ``quetsach WORDS`` in a process of its own, with nothing on its standard input.

    Args:
        words: of the command line.
        environment: all of it; that of the tests by default.
        folder: which it works in; that of the tests by default.
    """
    return _run({"words": [str(word) for word in words]}, environment, folder)


def program(
    source: str, *words: object, environment: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run a program as ``python -c SOURCE WORDS`` does, and fail the test if it fails."""
    done = _run({"source": source, "words": [str(word) for word in words]}, environment, None)
    assert done.returncode == 0, done.stderr
    return done


def _run(
    request: dict[str, Any], environment: Mapping[str, str] | None, folder: Path | None
) -> "subprocess.CompletedProcess[str]":
    request["environment"] = dict(os.environ if environment is None else environment)
    request["folder"] = str(folder or Path.cwd())
    with TemporaryFile() as out, TemporaryFile() as err:
        server, _ = _server()
        socket.send_fds(server, [json.dumps(request).encode()], [out.fileno(), err.fileno()])
        ready, _, _ = select.select([server], [], [], PATIENCE_SECONDS)
        answer = server.recv(_REQUEST_BYTES) if ready else b""
        if not answer:
            _server.cache_clear()
            server.close()
            raise AssertionError(f"{request['words']}: no answer\n{_read(out)}\n{_read(err)}")
        code, seconds = json.loads(answer)
        cpu_seconds[0] += seconds
        return subprocess.CompletedProcess(request["words"], code, _read(out), _read(err))


def _read(stream: IO[bytes]) -> str:
    stream.seek(0)
    return stream.read().decode()


@functools.cache
def _server() -> "tuple[socket.socket, subprocess.Popen[bytes]]":
    """Start the process that commands are forked off, which ends with the one that asked for it."""
    own, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with its:
        words = [sys.executable, "-m", "tests.commands", str(its.fileno())]
        # a thread that cleans up memory would not be there after a fork
        environment = os.environ | {"JE_ARROW_MALLOC_CONF": "background_thread:false"}
        process = subprocess.Popen(words, cwd=ROOT, env=environment, pass_fds=[its.fileno()], stdin=subprocess.DEVNULL)
    return own, process


def _serve(client: socket.socket) -> None:
    for package in WALKED:
        inside = importlib.import_module(f"quetsach.{package}")
        for module in pkgutil.walk_packages(inside.__path__, f"{inside.__name__}."):
            importlib.import_module(module.name)
    for name in LOADED:
        importlib.import_module(name)
    gc.freeze()
    while True:
        sent, streams, _, _ = socket.recv_fds(client, _REQUEST_BYTES, 2)
        if not sent:
            return
        child = os.fork()
        if not child:
            client.close()
            _begin(json.loads(sent), streams)
        for stream in streams:
            os.close(stream)
        _, status, used = os.wait4(child, 0)
        client.send(json.dumps([os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime]).encode())


def _begin(request: dict[str, Any], streams: list[int]) -> NoReturn:
    """Do in the forked process what was asked for, and end it as an interpreter ends."""
    for stream, number in zip(streams, (1, 2), strict=True):
        os.dup2(stream, number)
        os.close(stream)
    sys.exit(_do(**request))


def _do(words: list[str], environment: dict[str, str], folder: str, source: str | None = None) -> int:
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    time.tzset()
    random.seed()
    if source is not None:
        sys.argv = ["-c", *words]
        exec(compile(source, "<program of a test>", "exec"), {"__name__": "__main__"})
        return 0
    command = importlib.import_module("quetsach.cli.main")
    sys.argv = ["quetsach", *words]
    sys.modules["__main__"] = command  # what it spawns begins with it, as after ``python -m``
    return int(command.main())


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
