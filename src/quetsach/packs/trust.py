"""Whom the tool trusts: one root of trust, and the address of the repository that it vouches for.

A trust folder holds ``root.json`` (TUF root metadata) and ``repository.toml`` (``url`` of the repository, ``reports``:
where the centre takes reports). The build of a centre
carries one; another is taken only when a person names its root explicitly, and is remembered in the state after it
has proved itself. Nothing is ever trusted because it was seen first.
"""

import hashlib
import json
import tomllib
from dataclasses import dataclass
from pathlib import Path

from quetsach import storage
from quetsach.core.text import Text
from quetsach.packs.errors import PackError

ROOT_FILE = "root.json"
REPOSITORY_FILE = "repository.toml"
ROOT_LIMIT_BYTES = 512_000
_REPOSITORY_LIMIT_BYTES = 4096


class TrustError(PackError):
    """There is no root of trust, or it cannot be used."""


@dataclass(frozen=True, slots=True)
class Trust:
    """A root of trust (the bytes of its metadata), and where its centre is; the addresses may be empty."""

    root: bytes
    repository: str
    reports: str = ""

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
            root = storage.read_up_to(file, ROOT_LIMIT_BYTES)
    except OSError as error:
        raise TrustError("the root of trust cannot be read", where=str(path), hint=str(error)) from error
    if not root.strip(b"\0 \r\n"):
        hint = "name the root again: quetsach update --trust-root FILE --repository ADDRESS"
        raise TrustError(Text("the file is empty: it was not written to its end"), where=str(path), hint=hint)
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
    addresses = _read_addresses(folder / REPOSITORY_FILE)
    return Trust(read_root(folder / ROOT_FILE), addresses.get("url", ""), addresses.get("reports", ""))


def repository_toml(trust: Trust) -> str:
    """Return the text of ``repository.toml``."""
    return f"url = {_toml_text(trust.repository)}\nreports = {_toml_text(trust.reports)}\n"


def _toml_text(text: str) -> str:
    """Quote text as TOML: as a JSON string, but without escapes of surrogate pairs and without a bare DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _read_addresses(path: Path) -> dict[str, str]:
    try:
        with path.open("rb") as file:
            addresses = tomllib.loads(file.read(_REPOSITORY_LIMIT_BYTES).decode())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise TrustError("the address of the repository cannot be read", where=str(path), hint=str(error)) from error
    if "url" not in addresses:
        hint = "name it again: quetsach update --repository ADDRESS"
        raise TrustError("the file names no address: it was not written to its end", where=str(path), hint=hint)
    if not all(isinstance(address, str) for address in addresses.values()):
        raise TrustError("the address of the repository must be text", where=str(path))
    return addresses


def _looks_like_root(raw: bytes) -> bool:
    try:
        return len(raw) <= ROOT_LIMIT_BYTES and json.loads(raw)["signed"]["_type"] == "root"
    except (ValueError, KeyError, TypeError, RecursionError):
        return False
