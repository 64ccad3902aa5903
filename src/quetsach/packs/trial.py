"""Tries a new version of the tool before it takes the place of the one in use, whichever kind of download it is."""

import json
import subprocess
from pathlib import Path

from quetsach.packs.upgrade import UpgradeError

SELF_TEST = ("self-test", "--json", "--lang", "en")
"""What a program of the tool tries itself with; the setup for Windows runs the same."""
_SECONDS = 180


def try_out(program: Path, version: str) -> None:
    """Let a program of the tool try itself: load packs, start a worker, find what is marked and nothing else.

    Raises:
        UpgradeError: it does not, or is of another version.
    """
    try:
        done = subprocess.run(  # noqa: S603  (what is run was signed by the centre)
            [str(program), *SELF_TEST], capture_output=True, timeout=_SECONDS, check=True, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.SubprocessError) as error:
        detail = getattr(error, "stderr", None) or str(error).encode()
        hint = detail[-300:].decode("utf-8", "replace").strip()
        raise UpgradeError("the new version does not work here", where=str(program), hint=hint) from error
    if (own := _version_of(done.stdout)) != version:
        raise UpgradeError("the new version is another one than it says", where=str(program), hint=own)


def _version_of(told: bytes) -> str:
    """Return the version that a self-test told; what it told instead if that is none."""
    try:
        answer = json.loads(told)
    except ValueError:
        answer = None
    if isinstance(answer, dict) and answer.get("works") is True:
        return str(answer.get("version", ""))
    return told[:200].decode("utf-8", "replace").strip()
