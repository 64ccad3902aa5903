"""Puts a newer version of a download in place, whichever kind it is; the old one stays until the new one was tried.

The setup for Windows does itself what :mod:`quetsach.packs.side_by_side` does for the bundle: a folder beside, the same
trial (:mod:`quetsach.packs.trial`), then the name. A portable file stays a file: the new one comes beside it, and who
has it deletes the old one.
"""

import os
import subprocess
from pathlib import Path

from quetsach import storage
from quetsach.packs.downloads import Download
from quetsach.packs.side_by_side import in_use, put_beside
from quetsach.packs.trial import try_out
from quetsach.packs.upgrade import Build, UpgradeError

PORTABLE_FILE = "QUETSACH_PORTABLE"
"""Where a portable says in the environment which file it is: what it runs lies unpacked elsewhere."""
_SETUP_SECONDS = 600
_NEEDS_ELEVATION = 740  # ERROR_ELEVATION_REQUIRED


def put_in_place(content: bytes, found: Download, build: Build, state: Path) -> Path:
    """Install a verified file of a release; return the folder of the new version, or the new file.

    Raises:
        UpgradeError: it cannot be installed or does not work here; the version in use is as it was.
    """
    if build.kind == "bundle" and build.folder is not None:
        return put_beside(content, build.folder, found.version)
    if build.kind == "setup" and build.folder is not None:
        return _run_setup(content, found, build.folder, state)
    return _beside_portable(content, found)


def _run_setup(content: bytes, found: Download, folder: Path, state: Path) -> Path:
    """Let the setup install silently, and believe not its exit code but what is in use afterwards."""
    setup = state / "upgrade" / found.name
    _write(setup, content)
    try:
        code = _run([str(setup), "/S"], _SETUP_SECONDS)
        name = in_use(folder)
        if not name.startswith(f"{found.version}-") and name != found.version:
            raise UpgradeError("the setup did not install the new version", where=str(folder), hint=f"exit code {code}")
        return folder / name
    finally:
        setup.unlink(missing_ok=True)


def _beside_portable(content: bytes, found: Download) -> Path:
    named = os.environ.get(PORTABLE_FILE, "")
    old = Path(named)
    if not named or not old.is_file():
        raise UpgradeError("it is not known where this file lies", hint="fetch the new one from the download page")
    new = old.with_name(found.name)
    if new.exists():
        raise UpgradeError("the new file is there already", where=str(new), hint="start that one, or delete it")
    _write(new, content)
    try:
        try_out(new, found.version)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    return new


def _write(path: Path, content: bytes) -> None:
    try:
        storage.make_folder(path.parent)
        storage.write(path, content, mode=0o700)
    except OSError as error:
        hint = "run it as administrator; look for space on the disk"
        raise UpgradeError(f"the file cannot be written: {error.strerror}", where=str(path), hint=hint) from error


def _run(command: list[str], seconds: float) -> int:
    try:
        # What is run was signed by the centre, and lies where only who runs this may write.
        return subprocess.run(command, timeout=seconds, check=False, stdin=subprocess.DEVNULL).returncode  # noqa: S603
    except (OSError, subprocess.SubprocessError) as error:
        needs_rights = getattr(error, "winerror", 0) == _NEEDS_ELEVATION
        hint = "run it as administrator" if needs_rights else str(error)
        raise UpgradeError("the new version cannot be started", where=command[0], hint=hint) from error
