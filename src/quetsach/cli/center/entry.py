"""What every command of the centre passes before it opens anything: who it runs as, and whether it may use the data."""

import argparse
import os
import shlex
from collections.abc import Iterator
from pathlib import Path

import quetsach
from quetsach import storage
from quetsach.cli.locations import default_data
from quetsach.core.errors import QuetsachError
from quetsach.core.text import Text
from quetsach.web.data_folder import FolderError, Stamp, require_private
from quetsach.web.stored_settings import in_force

_UP = "center up"


def enter(arguments: argparse.Namespace) -> None:
    """Leave nothing readable to others; on a data folder work as its owner, and refuse what may not be used.

    Raises:
        QuetsachError: the folder is open to others, belongs to somebody else, waits for an upgrade or a newer build, or
            the environment disagrees with its settings.
    """
    storage.keep_private()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # small matrices, many times: threads cost more than they save
    if not hasattr(arguments, "data"):
        return
    data = (arguments.data or default_data()).absolute()
    if not data.is_dir():
        return
    enter_data(data, _named(arguments))
    require_prepared(data, is_up=arguments.command == _UP)
    in_force(os.environ, data)


def enter_data(data: Path, named: tuple[Path, ...] = ()) -> None:
    """Work on a data folder as its owner, leave nothing readable to others, and refuse one that is open to them.

    Args:
        data: the folder; it exists.
        named: files of the command line.

    Raises:
        QuetsachError: it is open to others, or belongs to somebody else.
    """
    storage.keep_private()
    become_owner(data, named)
    require_private(data)


def become_owner(data: Path, named: tuple[Path, ...]) -> None:
    """Work as the owner of the data folder where root runs the command, so that nothing in it becomes root's.

    Args:
        data: the folder.
        named: files of the command line, which the owner must be able to read, too.

    Raises:
        QuetsachError: the owner cannot read this installation, or a file that was named.
    """
    owner = data.stat()
    if os.geteuid() != 0 or owner.st_uid == 0:
        return
    import pwd  # noqa: PLC0415  (what Windows lacks)

    there = [path for path in named if path.exists()]
    try:
        account = pwd.getpwuid(owner.st_uid)
        os.initgroups(account.pw_name, account.pw_gid)
        os.setgid(account.pw_gid)
        who, os.environ["HOME"] = account.pw_name, account.pw_dir
    except KeyError:
        os.setgroups([])
        os.setgid(owner.st_gid)
        who = f"user {owner.st_uid}"
    os.setuid(owner.st_uid)
    if not os.access(quetsach.__file__, os.R_OK):
        raise QuetsachError(
            Text("the data belongs to {owner}, who cannot read this installation", owner=who),
            where=str(Path(quetsach.__file__).parent),
            hint=Text("install quetsach where that account can read it"),
        )
    for path in there:
        if not os.access(path, os.R_OK):
            raise QuetsachError(
                Text("the command works as {owner}, to whom the data belongs and who cannot read this file", owner=who),
                where=str(path),
                hint=Text(
                    "give it a copy: install -o {owner} -m 600 {folder} /tmp/",
                    owner=owner.st_uid,
                    folder=shlex.quote(str(path)),
                ),
            )


def require_prepared(data: Path, *, is_up: bool) -> None:
    """Refuse data of a newer build, and of an older one for all but the command that brings it up to date.

    Raises:
        FolderError: with what to do.
    """
    stamp = Stamp.read(data)
    is_older = not stamp.is_current if stamp else (data / "secret.key").exists()
    if is_older and not is_up:
        raise FolderError(
            Text("the data is of an older release ({release})", release=stamp.release)
            if stamp
            else Text("the data is of an older release"),
            where=str(data),
            hint=Text(
                "bring it up to date: quetsach center up --prepare-only --data {folder}", folder=shlex.quote(str(data))
            ),
        )


def _named(arguments: argparse.Namespace) -> tuple[Path, ...]:
    """Return the files that the command line names."""

    def flat(values: object) -> Iterator[Path]:
        for value in values if isinstance(values, list | tuple) else (values,):
            if isinstance(value, Path):
                yield value

    return tuple(path for name, value in vars(arguments).items() if name != "data" for path in flat(value))
