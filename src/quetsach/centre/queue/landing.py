"""The queue as ``DATA/queue.toml`` sets it up, and the folder in which files lie that collectors have sent.

::

    landed/<file>        delivered bytes; a message in the queue says what they are
    landed/<file>.begun  a byte for each time that a committer has begun with it and not come to an end
    refused/<file>       what the lake refused because of the file, with <file>.reason.txt beside it

A message never holds the bytes. Every send has a file of its own name, so that none takes away what another's message
stands on.
"""

import hashlib
import ipaddress
import json
import os
import re
import ssl
import stat
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from quetsach import storage
from quetsach.centre.queue import QueueError
from quetsach.core.text import Text
from quetsach.core.toml_table import Table, read_toml
from quetsach.feeds.layout import NAME

FILE = "queue.toml"
ANY_REPORT = "_"
"""What the subject of a delivery calls a report that only its commit finds out."""
MOST_MESSAGE_BYTES = 8192
_MOST_NAME_CHARACTERS = 255
_MOST_REPLICAS = 5
_MOST_ACK_SECONDS = 3600
_MOST_BEGUN = 10
"""So often a committer may die over a file before the file is refused."""
_ORPHAN_AGE = timedelta(days=1)
_PASSWORD_BYTES = 4096
_FILE = re.compile(r"[0-9a-f]{32}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Queue:
    """How the queue is reached, and where files lie.

    ``ack_seconds`` is how long a committer may be silent before somebody else gets its delivery.
    """

    servers: tuple[str, ...]
    folder: Path
    replicas: int
    ack_seconds: int
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    user: str = ""
    password_file: Path | None = None

    @property
    def landed(self) -> Path:
        """Where files wait."""
        return self.folder / "landed"

    def require_folder(self) -> None:
        """Refuse a folder that is not there, as one is whose disk is not mounted, or that others can use.

        Raises:
            QueueError: with the command that makes it.
        """
        hint = Text("is it mounted? else make it once: install -d -m 700 {folder}", folder=self.landed)
        try:
            state = self.landed.stat()
        except OSError as error:
            raise QueueError(
                Text("the folder of deliveries is not there"), where=str(self.landed), hint=hint
            ) from error
        if not stat.S_ISDIR(state.st_mode) or state.st_uid != os.geteuid() or state.st_mode & 0o077:
            raise QueueError(
                Text("the folder of deliveries belongs to somebody else, or others can look into it"),
                where=str(self.landed),
                hint=Text("let it belong to the account of the centre alone: mode 0700"),
            )

    def context(self) -> ssl.SSLContext | None:
        """Return how servers are trusted; ``None`` on this machine, in clear.

        Raises:
            QueueError: a certificate cannot be used.
        """
        if self.ca is None:
            return None
        try:
            context = ssl.create_default_context(cafile=self.ca)
            if self.certificate is not None:
                context.load_cert_chain(self.certificate, self.key)
        except (OSError, ssl.SSLError) as error:
            raise QueueError(
                Text("the certificates of the queue cannot be used: {error}", error=error), where=FILE
            ) from error
        return context

    def password(self) -> str | None:
        """Return the password; ``None`` where there is none.

        Raises:
            QuetsachError: its file cannot be used.
        """
        if self.password_file is None:
            return None
        hint = Text("write the password of {user} into it, as one line", user=self.user)
        try:
            raw = storage.read_secret(self.password_file, least_bytes=8, most_bytes=_PASSWORD_BYTES, hint=hint)
            return raw.decode().strip()
        except (OSError, ValueError) as error:
            raise QueueError(Text("there is no password"), where=str(self.password_file), hint=hint) from error


def load_queue(data: Path) -> Queue:
    """Return the queue of a centre, or of a machine that collects for one.

    Args:
        data: the folder with the file; other files that it names lie there, or have whole paths.

    Raises:
        QueueError: there is none, it is damaged, or deliveries would be announced over a network in clear.
    """
    path = data / FILE
    if not path.exists():
        hint = Text("a single machine needs none: quetsach center ingest")
        raise QueueError(Text("no queue is set up"), where=str(path), hint=hint)
    table = read_toml(storage.read_input(path), where=FILE, error=QueueError)
    servers = table.take_texts("servers")
    is_secret = _require_safe(table, servers)
    named = {name: table.take_text(name, default="") for name in ("ca", "certificate", "key", "password_file")}
    files = {name: data / value if value else None for name, value in named.items()}
    for name, file in files.items():
        if file is not None and not file.is_file():
            table.fail(Text("there is no file {name}", name=str(file)), field=name)
    if is_secret and files["ca"] is None:
        table.fail(Text("whom to trust is not said"), hint=Text("ca = the certificate of the queue's authority"))
    queue = Queue(
        servers,
        Path(table.take_text("folder")),
        _number(table, "replicas", 3, most=_MOST_REPLICAS),
        _number(table, "ack_seconds", 60, most=_MOST_ACK_SECONDS),
        files["ca"],
        files["certificate"],
        files["key"],
        table.take_text("user", default=""),
        files["password_file"],
    )
    if not queue.folder.is_absolute():
        table.fail(Text("{path} is no absolute path", path=queue.folder), field="folder")
    table.finish()
    return queue


def _number(table: Table, name: str, default: int, *, most: int) -> int:
    value = table.take_number(name) if table.has(name) else default
    if not 1 <= value <= most:
        table.fail(Text("{name} is from 1 to {most}", name=name, most=most), field=name)
    return value


def _require_safe(table: Table, servers: tuple[str, ...]) -> bool:
    """Refuse servers elsewhere without TLS; return whether there is TLS."""
    parts = [urlsplit(url) for url in servers]
    schemes = {part.scheme for part in parts}
    if not servers or not schemes <= {"tls", "nats"} or len(schemes) > 1:
        table.fail(Text("servers are written {example}", example='["tls://10.20.0.1:4222"]'), field="servers")
    if any(part.username or part.password for part in parts):
        hint = Text("write them as user and password_file")
        table.fail(Text("an address must not hold a name or password"), field="servers", hint=hint)
    if schemes == {"nats"} and not all(_is_here(part.hostname or "") for part in parts):
        hint = Text("only servers on 127.0.0.1 may do without TLS")
        table.fail(Text("a server elsewhere is reached by tls:// alone"), field="servers", hint=hint)
    return schemes == {"tls"}


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a message says of a file that has landed."""

    file: str
    sha256: str
    size_bytes: int
    feed: str
    report: str | None
    name: str

    @property
    def id(self) -> str:
        """The same for the same delivery, whichever file it landed in."""
        return hashlib.sha256("\n".join((self.sha256, self.feed, self.report or "", self.name)).encode()).hexdigest()

    def to_json(self) -> bytes:
        """Return the message."""
        return json.dumps(asdict(self), ensure_ascii=False).encode()

    @classmethod
    def from_json(cls, content: bytes) -> "Ticket":
        """Read a message, which may be of anybody who can reach the queue.

        Raises:
            QueueError: it is not one.
        """
        try:
            if len(content) > MOST_MESSAGE_BYTES:
                raise ValueError("too long")  # noqa: TRY301  (told as all others)
            ticket = cls(**json.loads(content))
            names = (ticket.feed, ticket.feed if ticket.report is None else ticket.report)
            is_one = (
                _FILE.fullmatch(ticket.file)
                and _SHA256.fullmatch(ticket.sha256)
                and type(ticket.size_bytes) is int
                and all(map(NAME.fullmatch, names))
                and ticket.name.isprintable()
                and 0 < len(ticket.name) <= _MOST_NAME_CHARACTERS
            )
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            raise QueueError(Text("not a message of a collector: {error}", error=error)) from error
        if not is_one:
            raise QueueError(Text("not a message of a collector: {error}", error=Text("a field cannot be so")))
        return ticket


def land(queue: Queue, source: Path, *, feed: str, report: str | None, name: str) -> Ticket:
    """Copy a file to where committers see it, on the disk when this returns; say what it is.

    Raises:
        OSError: it cannot be read or written.
    """
    file, digest, size_bytes = os.urandom(16).hex(), hashlib.sha256(), 0
    with source.open("rb") as stream, storage.replacing(queue.landed / file, once=True) as landed:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
            size_bytes += len(chunk)
            landed.write(chunk)
    return Ticket(file, digest.hexdigest(), size_bytes, feed, report, name)


def is_whole(queue: Queue, ticket: Ticket) -> bool:
    """Return whether the file that landed is the one that was sent.

    Raises:
        OSError: it is not there, or cannot be read.
    """
    with (queue.landed / ticket.file).open("rb") as file:
        is_file = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
        return is_file and hashlib.file_digest(file, "sha256").hexdigest() == ticket.sha256


def begin(queue: Queue, ticket: Ticket) -> bool:
    """Note that a committer begins with a file; return whether it may: not where too many have died over it."""
    with _begun(queue, ticket.file).open("ab") as file:
        file.write(b".")
        return file.tell() <= _MOST_BEGUN


def end(queue: Queue, ticket: Ticket) -> None:
    """Note that the committer that began with a file lives."""
    _begun(queue, ticket.file).unlink(missing_ok=True)


def take_away(queue: Queue, ticket: Ticket) -> None:
    """Delete a file that is in the lake and of which no message speaks any more."""
    (queue.landed / ticket.file).unlink(missing_ok=True)


def refuse(queue: Queue, file: str, reasons: Iterable[str], *, content: bytes | None = None) -> None:
    """Put away, with the reasons, what nobody can take in: the file that landed, or else what the message said."""
    folder = queue.folder / "refused"
    storage.make_folder(folder)
    storage.write(folder / f"{file}.reason.txt", "".join(f"{reason}\n" for reason in reasons))
    if content is not None:
        storage.write(folder / file, content)
    elif (queue.landed / file).exists():
        storage.publish([(queue.landed / file, folder / file)])


def is_refused(queue: Queue, ticket: Ticket) -> bool:
    """Return whether a file was put away before."""
    return (queue.folder / "refused" / ticket.file).exists()


def sweep(queue: Queue, *, now: datetime) -> None:
    """Put away what collectors and committers left that were killed; call only where no message waits.

    A file of which no message has spoken for a day was never told to be sent, or is in the lake, or the queue has lost
    its message. It is kept beside what was refused: sent again, it adds what is missing.
    """
    before = (now - _ORPHAN_AGE).timestamp()
    for path in queue.landed.iterdir():
        if path.lstat().st_mtime >= before:
            continue
        if _FILE.fullmatch(path.name):
            refuse(queue, path.name, ["no message of the queue speaks of it: send it again"])
        elif not path.is_dir():
            path.unlink(missing_ok=True)


def _begun(queue: Queue, file: str) -> Path:
    return queue.landed / f"{file}.begun"
