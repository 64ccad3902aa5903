"""Whom the tool trusts: one root of trust, and the address of the repository that it vouches for.

A trust folder holds ``root.json`` (TUF root metadata) and ``repository.toml`` (``url = "…"``). The build of a centre
carries one; another is taken only when a person names its root explicitly, and is remembered in the state after it
has proved itself. Nothing is ever trusted because it was seen first.
"""

import hashlib
import json
import tomllib
from dataclasses import dataclass
from pathlib import Path

from quetsach.packs.errors import PackError

ROOT_FILE = "root.json"
REPOSITORY_FILE = "repository.toml"
ROOT_LIMIT_BYTES = 512_000
_REPOSITORY_LIMIT_BYTES = 4096


class TrustError(PackError):
    """There is no root of trust, or it cannot be used."""


@dataclass(frozen=True, slots=True)
class Trust:
    """A root of trust (the bytes of its metadata) and where its repository is; the address may be empty."""

    root: bytes
    repository: str

    @property
    def fingerprint(self) -> str:
        """SHA-256 (hex) of the root's bytes: what ``sha256sum root.json`` prints and a centre publishes."""
        return hashlib.sha256(self.root).hexdigest()


def read_root(path: Path) -> bytes:
    """Read a file that a person named as root of trust.

    Raises:
        TrustError: it cannot be read or is no TUF root.
    """
    try:
        with path.open("rb") as file:
            root = file.read(ROOT_LIMIT_BYTES + 1)
    except OSError as error:
        raise TrustError("the root of trust cannot be read", where=str(path), hint=str(error)) from error
    if not _looks_like_root(root):
        raise TrustError(
            "this file is not a root of trust", where=str(path), hint="a centre publishes it as metadata/1.root.json"
        )
    return root


def load_trust(folder: Path) -> Trust | None:
    """Read a trust folder; ``None`` where there is none.

    Raises:
        TrustError: there is one, and it is damaged.
    """
    if not (folder / ROOT_FILE).is_file():
        return None
    return Trust(read_root(folder / ROOT_FILE), _read_address(folder / REPOSITORY_FILE))


def repository_toml(url: str) -> str:
    """Return the text of ``repository.toml`` for an address."""
    # A JSON string is a TOML string, but for surrogate pairs as escapes and a bare DEL.
    quoted = json.dumps(url, ensure_ascii=False).replace("\x7f", "\\u007f")
    return f"url = {quoted}\n"


def _read_address(path: Path) -> str:
    try:
        with path.open("rb") as file:
            url = tomllib.loads(file.read(_REPOSITORY_LIMIT_BYTES).decode()).get("url", "")
    except FileNotFoundError:
        return ""
    except (OSError, ValueError) as error:
        raise TrustError("the address of the repository cannot be read", where=str(path), hint=str(error)) from error
    if not isinstance(url, str):
        raise TrustError("the address of the repository must be text", where=str(path))
    return url


def _looks_like_root(raw: bytes) -> bool:
    try:
        return len(raw) <= ROOT_LIMIT_BYTES and json.loads(raw)["signed"]["_type"] == "root"
    except (ValueError, KeyError, TypeError, RecursionError):
        return False
