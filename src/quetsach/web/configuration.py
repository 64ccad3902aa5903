"""What an operator decides about one centre, read once from the environment into one typed object."""

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Self
from urllib.parse import unquote, urlsplit, urlunsplit

import dj_database_url

from quetsach import storage
from quetsach.core.errors import InputError, QuetsachError
from quetsach.core.help_line import NO_HELP_LINE, HelpLine, read_help_line
from quetsach.core.text import Text
from quetsach.web.data_folder import Stamp, is_real
from quetsach.web.stored_settings import in_force, variables

type Network = IPv4Network | IPv6Network
LOOPBACK: tuple[Network, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
_LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")
_MAX_PROXY_HOPS = 5
_SECRET_LEAST_BYTES = 32
_ADDRESS = re.compile(
    r"https?://[A-Za-z0-9.\-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~/\-]*)?|https?://\[[0-9a-fA-F:]+\](:[0-9]{1,5})?"
)
_SOURCE = re.compile(r"https://[A-Za-z0-9.\-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~/\-]*)?")
_LONGEST_SOURCE = 300
_MAIL_ADDRESS = re.compile(r"[A-Za-z0-9._+\-]{1,64}@[A-Za-z0-9.\-]{1,190}")
_MAX_MAIL_PER_MINUTE = 60_000
_MAIL_SCHEMES = {"smtp": ("none", 25), "smtp+starttls": ("starttls", 587), "smtps": ("tls", 465)}
_HELP = {
    "phone": "QUETSACH_HELP_PHONE",
    "zalo": "QUETSACH_HELP_ZALO",
    "hours": "QUETSACH_HELP_HOURS",
    "places": "QUETSACH_HELP_PLACES",
}
"""What says whom people call, by the names of :func:`read_help_line`."""
_DATABASES = frozenset({"postgres", "postgresql", "sqlite"})


class ConfigurationError(QuetsachError):
    """A setting of the centre cannot be used as it is written."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """The server that mail is handed to; ``security`` is ``none``, ``starttls`` or ``tls``."""

    host: str
    port: int
    security: str
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Read ``smtp://``, ``smtp+starttls://`` or ``smtps://`` with user, password, host and port; empty is none.

        Raises:
            ConfigurationError: it is none of these; the text may hold a password, so the error never repeats it.
        """
        if not text:
            return None
        try:
            parts = urlsplit(text)
            security, port = _MAIL_SCHEMES[parts.scheme]
            host, port = parts.hostname or "", parts.port or port
            user, password = unquote(parts.username or ""), unquote(parts.password or "")
        except (ValueError, KeyError):
            host = ""
        if not host or parts.path.strip("/") or parts.query:
            raise ConfigurationError(
                Text("not the address of a mail server"),
                where="QUETSACH_SMTP_URL",
                hint=Text(
                    "write smtp://localhost, smtp+starttls://USER:PASSWORD@HOST:587 or "
                    "smtps://USER:PASSWORD@HOST, special characters of the password as %XX"
                ),
            )
        return cls(host, port, security, user, password)


@dataclass(frozen=True, slots=True)
class TimeStampServer:
    """The authority that proves when a letter was signed (RFC 3161)."""

    url: str
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Read ``https://`` or ``http://`` with user and password if the authority wants them; empty is none.

        Raises:
            ConfigurationError: it is none of these; the text may hold a password, so the error never repeats it.
        """
        if not text:
            return None
        try:
            parts = urlsplit(text)
            host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
            port = f":{parts.port}" if parts.port else ""
            is_known = parts.scheme in ("http", "https") and bool(host)
        except ValueError:
            is_known = False
        if not is_known:
            raise ConfigurationError(
                Text("not the address of a time stamping authority"),
                where="QUETSACH_TIMESTAMP_URL",
                hint=Text(
                    "write https://HOST/PATH or https://USER:PASSWORD@HOST/PATH, special characters of "
                    "the password as %XX"
                ),
            )
        url = urlunsplit((parts.scheme, host + port, parts.path, parts.query, ""))
        return cls(url, unquote(parts.username or ""), unquote(parts.password or ""))


@dataclass(frozen=True, slots=True)
class Configuration:
    """The settings of one centre.

    Attributes:
        data: the centre's data folder; ``None`` where only code is checked, then nothing is kept.
        secret_key: signs what the centre must recognise again.
        database_url: where counts of tool reports live, in the form of dj-database-url.
        allowed_hosts: names under which the centre answers; ``*`` only in a demonstration.
        served_at: where this machine serves it, without a final slash, as ``center up`` tells its worker.
        metrics_from: networks that may read ``/metrics``.
        proxy_hops: how many trusted proxies stand in front; 0 means that the peer address is the visitor's.
        https: whether visitors reach the centre over HTTPS only.
        public_url: where people reach the centre, without a final slash; empty if not known.
        controller: who answers for personal data, as the privacy notice names them; empty if not set.
        contact: e-mail address, telephone or web address of the controller; empty if not set.
        help_line: whom people call who need help; says nothing if not set.
        source_url: where the source code of the software lies for everybody; empty if not set.
        log_format: ``text`` or ``json``.
        publication: ``automatic``, or ``two-people``: new figures and packs wait in the office until a second person
            agrees.
        mail_server: where mail is handed over; ``None`` where the centre sends none.
        mail_from: address that letters by mail come from; bounces go back to it.
        mail_per_minute: how many messages are handed over in a minute at most.
        account_check: whether lists of stolen accounts may be taken in and owners may ask about them.
        bounces: Maildir folder into which mail to ``mail_from`` is delivered; ``None`` if nobody reads it.
        is_real: whether the folder is known to be no demonstration.
        pages: where the written public pages lie, for a web server that hands them out itself; ``None`` for the data
            folder.
        time_stamps: the authority whose time stamps the originals of signed letters bear; ``None`` if they bear none.
    """

    data: Path | None
    secret_key: str
    database_url: str
    allowed_hosts: tuple[str, ...]
    served_at: str = ""
    metrics_from: tuple[Network, ...] = LOOPBACK
    proxy_hops: int = 0
    https: bool = False
    public_url: str = ""
    controller: str = ""
    contact: str = ""
    help_line: HelpLine = NO_HELP_LINE
    source_url: str = ""
    log_format: str = "text"
    publication: str = "automatic"
    mail_server: MailServer | None = None
    mail_from: str = ""
    mail_per_minute: int = 300
    account_check: bool = False
    bounces: Path | None = None
    pages: Path | None = None
    time_stamps: TimeStampServer | None = None
    is_real: bool = False

    @property
    def answers_owners(self) -> bool:
        """Whether owners of stolen accounts may ask: it is switched on, and there is mail to answer by."""
        return self.account_check and self.mail_server is not None

    @property
    def database_file(self) -> Path | None:
        """The file of the database; ``None`` where a server holds it, or memory."""
        kind, _, path = self.database_url.partition("://")
        return Path(path.removeprefix("/")) if kind == "sqlite" and path.startswith("//") else None

    @classmethod
    def read(cls, environment: Mapping[str, str], *, stored: Mapping[str, str] | None = None) -> Self:
        """Read the settings; every one has a default that is safe on one machine.

        What is stored in the data folder counts (see :mod:`quetsach.web.stored_settings`), or ``stored`` in its place.

        Raises:
            ConfigurationError: a value is not of the form it must have.
            StoredError: the environment says something else than the centre.
        """
        data = Path(environment["QUETSACH_DATA"]).absolute() if environment.get("QUETSACH_DATA") else None
        environment = in_force(environment, data) if stored is None else {**environment, **variables(stored)}
        database = f"sqlite:///{data / 'center.sqlite3'}" if data else "sqlite://:memory:"
        public_url = _public_url(environment.get("QUETSACH_PUBLIC_URL", "").rstrip("/"))
        served_at = environment.get("QUETSACH_SERVED_AT", "")
        return cls(
            data=data,
            secret_key=_read_secret(data),
            database_url=_database_url(environment.get("DATABASE_URL") or database),
            allowed_hosts=_hosts(environment.get("QUETSACH_HOSTS", ""), data, (public_url, served_at)),
            served_at=served_at,
            metrics_from=_networks(environment.get("QUETSACH_METRICS_FROM", "")),
            proxy_hops=_hops(environment.get("QUETSACH_PROXY_HOPS", "0")),
            https=_choice("QUETSACH_HTTPS", environment.get("QUETSACH_HTTPS", "no"), ("no", "yes")) == "yes",
            public_url=public_url,
            controller=environment.get("QUETSACH_CONTROLLER", ""),
            contact=environment.get("QUETSACH_CONTACT", ""),
            help_line=_help_line(environment),
            source_url=_source_url(environment.get("QUETSACH_SOURCE_URL", "")),
            log_format=_choice("QUETSACH_LOG", environment.get("QUETSACH_LOG", "text"), ("text", "json")),
            publication=_choice(
                "QUETSACH_PUBLICATION",
                environment.get("QUETSACH_PUBLICATION", "automatic"),
                ("automatic", "two-people"),
            ),
            mail_server=MailServer.read(environment.get("QUETSACH_SMTP_URL", "")),
            mail_from=_mail_from(environment.get("QUETSACH_MAIL_FROM", ""), environment.get("QUETSACH_SMTP_URL", "")),
            mail_per_minute=_mail_per_minute(environment.get("QUETSACH_MAIL_PER_MINUTE", "300")),
            account_check=_choice(
                "QUETSACH_ACCOUNT_CHECK", environment.get("QUETSACH_ACCOUNT_CHECK", "no"), ("no", "yes")
            )
            == "yes",
            bounces=Path(environment["QUETSACH_BOUNCES"]) if environment.get("QUETSACH_BOUNCES") else None,
            pages=_folder("QUETSACH_PAGES", environment.get("QUETSACH_PAGES", "")),
            time_stamps=TimeStampServer.read(environment.get("QUETSACH_TIMESTAMP_URL", "")),
            is_real=is_real(data),
        )


def _read_secret(data: Path | None) -> str:
    """Return the centre's key, or a passing one where no centre has been laid out yet."""
    if data is None:
        return secrets.token_urlsafe(48)
    try:
        return (
            storage.read_secret(
                data / "secret.key",
                least_bytes=_SECRET_LEAST_BYTES,
                hint=Text("put secret.key back from the centre's backup: all that is sealed or signed stands on it"),
            )
            .decode("latin-1")
            .strip()
        )
    except FileNotFoundError:
        return secrets.token_urlsafe(48)


def is_demonstration(data: Path) -> bool:
    """Whether a data folder holds the demonstration and nothing of the real world."""
    stamp = Stamp.read(data)
    return stamp.is_demonstration if stamp else (data / "demonstration.json").exists()


def _hosts(text: str, data: Path | None, addresses: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names under which the centre answers: those that are set, or those of its addresses and of loopback.

    Whoever may name any host gets pages whose caches and links lead there, so only a demonstration answers to all.
    """
    is_open = data is not None and is_demonstration(data)
    hosts = tuple(host.strip() for host in text.split(",") if host.strip())
    if "*" in hosts and not is_open:
        raise ConfigurationError(
            Text("a real centre does not answer under every name"),
            where="QUETSACH_HOSTS",
            hint=Text("write the names that people use, as in centre.example,www.centre.example"),
        )
    if hosts or is_open:
        return hosts or ("*",)
    named = (urlsplit(address).hostname or "" for address in addresses)
    found = (f"[{name}]" if ":" in name else name for name in named if name)
    return tuple(dict.fromkeys((*found, *_LOOPBACK_NAMES)))


def _networks(text: str) -> tuple[Network, ...]:
    """Return the networks that are named, and loopback."""
    try:
        return (*LOOPBACK, *(ip_network(part.strip()) for part in text.split(",") if part.strip()))
    except ValueError as error:
        raise ConfigurationError(
            Text("not a network: {text}", text=repr(text[:80])),
            where="QUETSACH_METRICS_FROM",
            hint=Text("write addresses or networks, separated by commas, as in 10.0.0.0/8,2001:db8::7"),
        ) from error


def _database_url(text: str) -> str:
    """Check the address of the database; it may hold a password, so an error never repeats it."""
    try:
        dj_database_url.parse(text)
        is_known = text.partition("://")[0] in _DATABASES
    except ValueError:
        is_known = False
    if not is_known:
        raise ConfigurationError(
            Text("not the address of a database that the centre can use"),
            where="DATABASE_URL",
            hint=Text(
                "write postgres://USER:PASSWORD@HOST/NAME, special characters of the password as %XX; "
                "leave it out for SQLite in the data folder"
            ),
        )
    return text


def _public_url(text: str) -> str:
    """Check the centre's own address: it is built into every tool that the centre hands out."""
    if text and not _ADDRESS.fullmatch(text):
        raise ConfigurationError(
            Text("not an address: {text}", text=repr(text[:80])),
            where="QUETSACH_PUBLIC_URL",
            hint=Text("write it as https://centre.example"),
        )
    return text


def _source_url(text: str) -> str:
    """Check where the source code lies: every page links there."""
    if text and not (len(text) <= _LONGEST_SOURCE and _SOURCE.fullmatch(text)):
        raise ConfigurationError(
            Text("not an address: {text}", text=repr(text[:80])),
            where="QUETSACH_SOURCE_URL",
            hint=Text("write it as https://code.example/quetsach"),
        )
    return text


def _mail_from(text: str, server: str) -> str:
    """Check the address that mail comes from; a server without one is of no use."""
    if (server and not text) or (text and not _MAIL_ADDRESS.fullmatch(text)):
        raise ConfigurationError(
            Text("not a mail address: {text}", text=repr(text[:80])),
            where="QUETSACH_MAIL_FROM",
            hint=Text("write the address that letters by mail come from, as in office@centre.example"),
        )
    return text


def _folder(name: str, text: str) -> Path | None:
    """Check the place of a folder: what a command means must not depend on where it was called."""
    if text and not Path(text).is_absolute():
        raise ConfigurationError(
            Text("not the whole path of a folder: {text}", text=repr(text[:80])),
            where=name,
            hint=Text("write it from the root on, as in /srv/quetsach-pages"),
        )
    return Path(text) if text else None


def _mail_per_minute(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:6]) <= _MAX_MAIL_PER_MINUTE:
        raise ConfigurationError(
            Text("not a number of messages a minute: {text}", text=repr(text[:20])),
            where="QUETSACH_MAIL_PER_MINUTE",
            hint=Text("write a number from 1 to {most}", most=_MAX_MAIL_PER_MINUTE),
        )
    return int(text)


def _hops(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > _MAX_PROXY_HOPS:
        raise ConfigurationError(
            Text("not a number of proxies: {text}", text=repr(text[:20])),
            where="QUETSACH_PROXY_HOPS",
            hint=Text("write how many proxies you run in front of the centre, 0 to {most}", most=_MAX_PROXY_HOPS),
        )
    return int(text)


def _help_line(environment: Mapping[str, str]) -> HelpLine:
    """Read whom people call; a fault names the variable that has it."""
    try:
        return read_help_line(**{part: environment.get(name, "") for part, name in _HELP.items()})
    except InputError as error:
        raise ConfigurationError(
            error.text or error.what, where=_HELP[error.where], hint=error.advice or error.hint
        ) from error


def _choice(name: str, text: str, allowed: tuple[str, ...]) -> str:
    if text not in allowed:
        raise ConfigurationError(
            Text("not known: {text}", text=repr(text[:20])),
            where=name,
            hint=Text("write {names}", names=" or ".join(allowed)),
        )
    return text


def configure_web(data: Path) -> None:
    """Point Django at one centre's data; once a process, before anything of ``quetsach.web`` reads its settings."""
    import django  # noqa: PLC0415  (it takes time to load, and its settings are read from the environment)

    os.environ["QUETSACH_DATA"] = str(data)
    os.environ["DJANGO_SETTINGS_MODULE"] = "quetsach.web.settings"
    django.setup()
