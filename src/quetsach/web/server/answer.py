"""Runs Django for one request and gathers its answer, so that whoever reads slowly waits without a thread."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

LARGE_FILE_BYTES = 256 * 1024
"""A file above this is not taken into memory: the server sends it from the disk by itself."""
BARE_HEADERS = (
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
)
"""What an answer says besides that no page was made for: a refusal before Django, or what a machine asks for."""
type StartResponse = Callable[..., Any]
type WsgiApplication = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer: its content, or the path of the file that holds it."""

    status: int
    headers: list[tuple[str, str]]
    content: bytes = b""
    file: Path | None = None


class FileContent:
    """What Django's ``FileResponse`` hands over instead of reading it (``wsgi.file_wrapper``)."""

    def __init__(self, file: IO[bytes], _block_bytes: int = 8192) -> None:
        self.file = file

    def __iter__(self) -> Iterator[bytes]:
        """Return the content in one piece."""
        return iter((self.file.read(),))

    def close(self) -> None:
        """Close the file and end the request; Django put its own ``close`` there."""
        self.file.close()


def answer_of(application: WsgiApplication, environ: dict[str, Any]) -> Answer:
    """Return what an application answers; its content is complete and what it held is released."""
    heads: list[tuple[int, list[tuple[str, str]]]] = []

    def start(status: str, headers: list[tuple[str, str]], _error: object = None) -> None:
        heads.append((int(status.split(" ", 1)[0]), headers))

    body = application({**environ, "wsgi.file_wrapper": FileContent}, start)
    try:
        status, headers = heads[-1]
        if isinstance(body, FileContent):
            if (path := _large_file(body.file)) is not None and status == 200:
                return Answer(status, headers, file=path)
            return Answer(status, headers, body.file.read())
        return Answer(status, headers, b"".join(body))
    finally:
        if hasattr(body, "close"):
            body.close()


def _large_file(file: IO[bytes]) -> Path | None:
    """Return the path of a large file that lies on the disk under its own name and is sent from its beginning."""
    name = getattr(file, "name", None)
    if not isinstance(name, str) or not Path(name).is_absolute() or file.tell():
        return None
    return Path(name) if Path(name).stat().st_size > LARGE_FILE_BYTES else None
