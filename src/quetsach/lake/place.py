"""Where a lake in an object store is, and with which key it is asked."""

import ipaddress
import os
from dataclasses import dataclass
from pathlib import Path

from quetsach import storage
from quetsach.core.text import Text
from quetsach.core.toml_table import read_toml
from quetsach.lake import LakeError

_KEY_BYTES = 16 << 10


@dataclass(frozen=True, slots=True)
class Keys:
    """Who asks."""

    access: str
    secret: str
    session: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A prefix of a bucket. It can be pickled and holds no secret.

    Args:
        url: of the store, ``https://host:port``.
        bucket, prefix: what stands before every name; the prefix is empty or ends with a slash.
        region: what requests are signed for.
        credentials: a file of TOML with ``access_key``, ``secret_key`` and maybe ``session_token``; without one the
            environment has ``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY`` and maybe ``AWS_SESSION_TOKEN``.
        ca: authorities in PEM; without them those of the system.
    """

    url: str
    bucket: str
    prefix: str = ""
    region: str = "us-east-1"
    credentials: Path | None = None
    ca: Path | None = None

    @property
    def told(self) -> str:
        """How people are told of it."""
        return f"{self.url}/{self.bucket}/{self.prefix}"


class StoreError(LakeError):
    """A store cannot be reached, or refuses."""


def is_loopback(host: str) -> bool:
    """Whether what is sent to a host stays on this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def read_keys(place: Place) -> Keys:
    """Return who asks of a place.

    Raises:
        StoreError: nothing says so.
    """
    if place.credentials is None:
        found = [os.environ.get(f"AWS_{name}", "") for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN")]
        if not all(found[:2]):
            raise StoreError(
                Text("nothing says with which key the object store is asked"),
                where=place.told,
                hint=Text("name a file as credentials, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
            )
        return Keys(*found)
    hint = Text('write access_key = "…" and secret_key = "…" into it')
    try:
        content = storage.read_secret(place.credentials, hint=hint, most_bytes=_KEY_BYTES)
    except FileNotFoundError as error:
        raise StoreError(
            Text("there is no file {name}", name=str(place.credentials)), where=place.told, hint=hint
        ) from error
    table = read_toml(content, where=str(place.credentials))
    keys = Keys(
        table.take_text("access_key"), table.take_text("secret_key"), table.take_text("session_token", default="")
    )
    table.finish()
    return keys
