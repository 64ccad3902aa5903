"""What an operator decides about one centre, read once from the environment into one typed object."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import dj_database_url

from quetsach.core.errors import QuetsachError

_MAX_PROXY_HOPS = 5
_ADDRESS = re.compile(
    r"https?://[A-Za-z0-9.\-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~/\-]*)?|https?://\[[0-9a-fA-F:]+\](:[0-9]{1,5})?"
)
_DATABASES = frozenset({"postgres", "postgresql", "sqlite"})


class ConfigurationError(QuetsachError):
    """A setting of the centre cannot be used as it is written."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """The settings of one centre.

    Attributes:
        data: the centre's data folder; ``None`` where only code is checked, then nothing is kept.
        secret_key: signs what the centre must recognise again.
        database_url: where counts of tool reports live, in the form of dj-database-url.
        allowed_hosts: names under which the centre answers.
        proxy_hops: how many trusted proxies stand in front; 0 means that the peer address is the visitor's.
        https: whether visitors reach the centre over HTTPS only.
        public_url: where people reach the centre, without a final slash; empty if not known.
        controller: who answers for personal data, as the privacy notice names them; empty if not set.
        contact: e-mail address, telephone or web address of the controller; empty if not set.
        log_format: ``text`` or ``json``.
    """

    data: Path | None
    secret_key: str
    database_url: str
    allowed_hosts: tuple[str, ...]
    proxy_hops: int = 0
    https: bool = False
    public_url: str = ""
    controller: str = ""
    contact: str = ""
    log_format: str = "text"

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self:
        """Read the settings; every one has a default that is safe on one machine.

        Raises:
            ConfigurationError: a value is not of the form it must have.
        """
        data = Path(environment["QUETSACH_DATA"]).absolute() if environment.get("QUETSACH_DATA") else None
        database = f"sqlite:///{data / 'center.sqlite3'}" if data else "sqlite://:memory:"
        hosts = environment.get("QUETSACH_HOSTS", "*").split(",")
        return cls(
            data=data,
            secret_key=_read_secret(data),
            database_url=_database_url(environment.get("DATABASE_URL") or database),
            allowed_hosts=tuple(host.strip() for host in hosts if host.strip()),
            proxy_hops=_hops(environment.get("QUETSACH_PROXY_HOPS", "0")),
            https=_choice("QUETSACH_HTTPS", environment.get("QUETSACH_HTTPS", "no"), ("no", "yes")) == "yes",
            public_url=_public_url(environment.get("QUETSACH_PUBLIC_URL", "").rstrip("/")),
            controller=environment.get("QUETSACH_CONTROLLER", ""),
            contact=environment.get("QUETSACH_CONTACT", ""),
            log_format=_choice("QUETSACH_LOG", environment.get("QUETSACH_LOG", "text"), ("text", "json")),
        )


def _read_secret(data: Path | None) -> str:
    """Return the centre's key, or a passing one where no centre has been laid out yet."""
    try:
        return (data / "secret.key").read_text("utf-8").strip() if data else secrets.token_urlsafe(48)
    except FileNotFoundError:
        return secrets.token_urlsafe(48)


def _database_url(text: str) -> str:
    """Check the address of the database; it may hold a password, so an error never repeats it."""
    try:
        dj_database_url.parse(text)
        is_known = text.partition("://")[0] in _DATABASES
    except ValueError:
        is_known = False
    if not is_known:
        raise ConfigurationError(
            "not the address of a database that the centre can use",
            where="DATABASE_URL",
            hint="write postgres://USER:PASSWORD@HOST/NAME, special characters of the password as %XX; "
            "leave it out for SQLite in the data folder",
        )
    return text


def _public_url(text: str) -> str:
    """Check the centre's own address: it is built into every tool that the centre hands out."""
    if text and not _ADDRESS.fullmatch(text):
        raise ConfigurationError(
            f"not an address: {text[:80]!r}", where="QUETSACH_PUBLIC_URL", hint="write it as https://centre.example"
        )
    return text


def _hops(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > _MAX_PROXY_HOPS:
        raise ConfigurationError(
            f"not a number of proxies: {text[:20]!r}",
            where="QUETSACH_PROXY_HOPS",
            hint=f"write how many proxies you run in front of the centre, 0 to {_MAX_PROXY_HOPS}",
        )
    return int(text)


def _choice(name: str, text: str, allowed: tuple[str, ...]) -> str:
    if text not in allowed:
        raise ConfigurationError(f"not known: {text[:20]!r}", where=name, hint=f"write {' or '.join(allowed)}")
    return text
