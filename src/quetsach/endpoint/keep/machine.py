"""Which machine a disk belongs to, so that what was taken from one is never put into another."""

import os
from hashlib import sha256

from quetsach.endpoint.errors import RegistryError
from quetsach.endpoint.host.port import Host

_IDENTIFIERS = (b"/etc/machine-id", b"/var/lib/dbus/machine-id")
_LONGEST = 128
_CRYPTOGRAPHY = "HKLM\\SOFTWARE\\Microsoft\\Cryptography"


def machine_of(host: Host) -> str:
    """Return what tells a machine from others, as 32 hex digits; empty where it has nothing of the kind.

    Sources: ``machine-id(5)``; the value ``MachineGuid`` of Windows. Hashed, for the identifiers are to stay private.
    """
    identifier = _guid(host) if host.registry is not None else _file(host)
    return sha256(b"quetsach machine\n" + identifier).hexdigest()[:32] if identifier else ""


def root_of(host: Host) -> bytes:
    """Return the folder of a machine's files as sessions name it."""
    return os.path.abspath(os.fsencode(host.tree.root))


def _guid(host: Host) -> bytes:
    try:
        value = host.registry.value(_CRYPTOGRAPHY, "MachineGuid") if host.registry is not None else None
    except RegistryError:
        return b""
    return value.data[:_LONGEST] if value is not None else b""


def _file(host: Host) -> bytes:
    for path in _IDENTIFIERS:
        try:
            identifier = host.tree.read(path, _LONGEST).strip()
        except OSError:
            continue
        if identifier and identifier != b"uninitialized":
            return identifier
    return b""
