"""Signatures of the programs (Authenticode), by a key that is configured; without one nothing is signed.

The key lies in a file or in a device that PKCS #11 reaches; which is said by variables of the environment, so that no
script holds it. A time stamp makes a signature outlive its certificate; its authority is asked when one is named.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from release.windows.programs import PRODUCT

from quetsach.endpoint import EndpointError
from quetsach.endpoint.host.authenticode import attached_signature

PREFIX = "QUETSACH_SIGN_"


class NotSignedError(Exception):
    """A file is not signed as it must be."""


@dataclass(frozen=True, slots=True)
class Signer:
    """With what programs are signed.

    Args:
        certificate: the certificate and those above it, PEM.
        key: a PEM file, or the ``pkcs11:`` address of a key in a device.
        password_file: holds the key's password or the device's PIN; may be empty.
        module: the PKCS #11 library of the device; empty for a key in a file.
        timestamp: address of the time stamp authority (RFC 3161); may be empty.
    """

    certificate: str
    key: str
    password_file: str = ""
    module: str = ""
    timestamp: str = ""

    @classmethod
    def configured(cls, environment: Mapping[str, str] = os.environ) -> "Signer | None":
        """Return what the environment names; ``None`` where it names no certificate.

        Raises:
            NotSignedError: it names a certificate without a key, or a key without a certificate.
        """
        words = {
            name: environment.get(PREFIX + name.upper(), "")
            for name in ("certificate", "key", "password_file", "module", "timestamp")
        }
        if not words["certificate"] and not words["key"]:
            return None
        if not (words["certificate"] and words["key"]):
            raise NotSignedError(f"{PREFIX}CERTIFICATE and {PREFIX}KEY go together")
        return cls(**words)

    def command(self) -> list[str]:
        """Return the command that signs, without the files."""
        words = ["osslsigncode", "sign", "-h", "sha256", "-n", PRODUCT, "-certs", self.certificate, "-key", self.key]
        for option, value in (
            ("-pkcs11module", self.module),
            ("-readpass", self.password_file),
            ("-ts", self.timestamp),
        ):
            words += [option, value] if value else []
        return words


def sign(path: Path, signer: Signer) -> str:
    """Sign a program in its place, and return the name of whoever signed, as read back from it.

    Raises:
        CalledProcessError: the key refuses, or the authority of time stamps cannot be reached.
        NotSignedError: the signature that was made does not hold.
    """
    signed = path.with_name(f"{path.name}.signed")
    signed.unlink(missing_ok=True)
    subprocess.run([*signer.command(), "-in", path, "-out", signed], check=True, stdout=subprocess.DEVNULL)
    name = signer_of(signed)
    signed.replace(path)
    return name


def signer_of(path: Path) -> str:
    """Return who signed a program, once the signature holds for what the program is now.

    Whether anybody vouches for the name is not asked: that is for the systems on which it is started.

    Raises:
        NotSignedError: there is no signature, or it does not hold.
    """
    try:
        return attached_signature(path.read_bytes()).signer
    except EndpointError as error:
        raise NotSignedError(f"{path.name}: {error}") from error


def main() -> int:
    """Sign the named programs with what the environment names; NSIS calls this for the uninstaller, which it makes."""
    signer = Signer.configured()
    if signer is None:
        raise SystemExit(f"{PREFIX}CERTIFICATE and {PREFIX}KEY name nothing to sign with")
    for name in sys.argv[1:]:
        sign(Path(name), signer)
    return 0


if __name__ == "__main__":
    sys.exit(main())
