"""Makes a data folder a centre: keys, database, demonstration campaign, signed repository, tool, figures, office.

Every step looks at what is there and does what is missing, so that a preparation that was killed is simply run again
and a second start has nothing to do.
"""

import os
import secrets
import shutil
import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urljoin

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, close_old_connections, connection
from django.db.migrations.loader import MigrationLoader
from django.urls import reverse

from quetsach import storage
from quetsach.centre.centre import Centre
from quetsach.centre.demonstration import DemonstrationMarker, days_to_play, play_demonstration
from quetsach.cli.center.acts import found
from quetsach.cli.center.offering import files_to_publish, not_vouched_for, show_published
from quetsach.cli.center.opened import database_error
from quetsach.cli.center.publication import publish_figures
from quetsach.cli.output import Progress, tell
from quetsach.cli.packs_publish import publishing
from quetsach.cli.parser import chosen_language
from quetsach.core.errors import QuetsachError
from quetsach.core.text import Text
from quetsach.installation import bundled
from quetsach.lake import keeping
from quetsach.packs import HeldBackError
from quetsach.packs.keys import load_keys, new_keys
from quetsach.packs.repository import publish, refresh_online
from quetsach.web.configuration import Configuration, configure_web
from quetsach.web.data_folder import FolderError, Stamp, holds_centre, holds_deliveries, newest_migrations
from quetsach.web.limits import UPLOADS
from quetsach.web.stored_settings import adopt

_PUBLICATION_STEPS = 11
_OWN_APPS = ("office_", "api", "portal", "evaluation")
_LEFT_SECONDS = 86_400
"""How long after its last byte an unfinished file is taken for one that a killed writer left."""


@contextmanager
def one_centre(data: Path) -> Iterator[None]:
    """Hold the folder, so that two centres never work on the same data.

    Raises:
        QuetsachError: another one holds it, or it cannot be written.
    """
    try:
        storage.make_folder(data)
        with storage.locked(data / ".lock", waits=False):
            yield
    except BlockingIOError:
        raise QuetsachError(
            Text("another centre is running on this data"),
            where=str(data),
            hint=Text("stop it first, or name another folder with --data"),
        ) from None
    except OSError as error:
        raise QuetsachError(Text("the data folder cannot be written"), where=str(data), hint=str(error)) from error


def prepare(data: Path, *, tools: Sequence[Path] | None, address: str, has_demonstration: bool, language: str) -> None:
    """Do everything that a centre needs before it serves.

    Args:
        data: the data folder, held by :func:`one_centre`.
        tools: a built wheel of the tool, and folders with one or with a release; ``None`` keeps what is on offer.
        address: where people will reach the centre, without a final slash; goes into the tool.
        has_demonstration: an empty folder becomes a demonstration; one that is a centre already stays what it is.
        language: of whoever started it: what is done is told in it.

    Raises:
        QuetsachError: a step cannot be done.
    """
    now = datetime.now(UTC)
    former = Stamp.read(data)
    stamp = stamp_of(data, former, has_demonstration=has_demonstration, language=language)
    storage.remove_unfinished(data, before=now.timestamp() - _LEFT_SECONDS)
    Configuration.read({**os.environ, "QUETSACH_DATA": str(data)})  # what is stored unchecked locks every command out
    for setting in adopt(os.environ, data):
        value = setting.shown(os.environ[setting.variable])
        stored = Text(
            "settings: {name} = {value} is stored in the data folder from now on (from {variable})",
            name=setting.name,
            value=value,
            variable=setting.variable,
        )
        tell(stored, language, sys.stderr)
    _make_secret(data / "secret.key")
    storage.make_folder(data / UPLOADS)
    configure_web(data)
    _prepare_django(data)
    if stamp.is_of_older_release:
        _mend_roll_ups(data, language)
    if stamp.is_demonstration:
        _demonstrate(data, language)
    _publish_repository(data, tools, settings.CENTER.public_url or address, language)
    if stamp.is_demonstration:
        with Progress(
            Text("furnishing the demonstration's office", context="progress").in_language(language), is_logged=True
        ):
            found("furnishing:demonstrate_office")(datetime.now(UTC), data)
    publishing_figures = Text("publishing figures", context="progress").in_language(language)
    with Progress(publishing_figures, _PUBLICATION_STEPS, is_logged=True) as progress:
        publish_figures(data, now=datetime.now(UTC), progress=progress.advance)
    done = Stamp(stamp.is_demonstration, migrations=newest_migrations())
    if done != former:
        done.write(data)


def stamp_of(data: Path, former: Stamp | None, *, has_demonstration: bool, language: str) -> Stamp:
    """Return what the folder is, a demonstration or a real centre; the first start decides it for good.

    A folder of a build that wrote no stamp is judged once by what it holds: the demonstration has left its marker.

    Raises:
        QuetsachError: ``--no-demonstration`` is asked for where the demonstration lies.
    """
    is_old = holds_centre(data)
    marker = DemonstrationMarker.read(data)
    if former is not None:
        stamp = former
    elif is_old or marker:
        stamp = Stamp(marker is not None, format=0)
    else:
        stamp = Stamp(has_demonstration)
        if has_demonstration:
            told = Text(
                "this folder is empty and becomes a demonstration; "
                "for a real centre, choose another folder and add --no-demonstration"
            )
            tell(told, language, sys.stderr)
    if stamp.is_demonstration and not has_demonstration:
        raise QuetsachError(
            Text("this folder holds the demonstration and stays one"),
            where=str(data),
            hint=Text("begin a real centre in a new folder: --data DIR --no-demonstration"),
        )
    if former is None:
        stamp.write(data)
    return stamp


def _mend_roll_ups(data: Path, language: str) -> None:
    """Build the roll-ups of a lake anew which an older release has written otherwise."""
    if holds_deliveries(data):
        with Progress(Text("rebuilding daily roll-ups", context="progress").in_language(language), is_logged=True):
            keeping.renew(Centre(data).lake)


def refresh_repository(data: Path) -> None:
    """Renew the short-lived signatures of the repository.

    Raises:
        QuetsachError: a key is missing or the repository cannot be written.
    """
    out = data / "repository"
    close_old_connections()  # the last time was an hour ago
    with publishing(out, language=chosen_language(Namespace()), is_urgent=True) as owed:
        refresh_online(out, keys=load_keys(data / "keys"), now=datetime.now(UTC), objection=owed.objection)


def _make_secret(path: Path) -> None:
    with suppress(FileExistsError):
        storage.write_once(path, secrets.token_urlsafe(48) + "\n")


def _prepare_django(data: Path) -> None:

    try:
        _refuse_newer(data)
        call_command("migrate", verbosity=0, interactive=False)
        found("furnishing:furnish_office")(data)
        call_command("collectstatic", verbosity=0, interactive=False)
    except DatabaseError as error:
        raise database_error(error, data, is_preparing=True) from error


def _refuse_newer(data: Path) -> None:
    """Refuse a database that a newer release has changed, also beside an older folder.

    Raises:
        FolderError: it has migrations that this build does not know.
    """
    loader = MigrationLoader(connection)
    unknown = loader.applied_migrations.keys() - loader.disk_migrations.keys()
    if newer := sorted(name for app, name in unknown if app.startswith(_OWN_APPS)):
        raise FolderError(
            Text("the database was written by a newer release than this one ({migration})", migration=newer[0]),
            where=str(data),
            hint=Text("use that release or a newer one; to go back, restore the backup from before the upgrade"),
        )


def _demonstrate(data: Path, language: str) -> None:
    centre = Centre(data)
    if days := days_to_play(centre):
        label = Text("playing the demonstration", context="progress").in_language(language)
        with Progress(label, days, is_logged=True) as progress:
            play_demonstration(
                centre, clock=lambda: datetime.now(UTC), progress=lambda file: progress.advance(note=file)
            )


def _publish_repository(data: Path, tools: Sequence[Path] | None, address: str, language: str) -> None:
    """Sign the shelf of this build; then the tool, which carries the root that vouches for it."""
    keys, out = data / "keys", data / "repository"
    if not keys.exists():
        staged = data / "keys.new"
        shutil.rmtree(staged, ignore_errors=True)
        new_keys(staged)
        storage.publish([(staged, keys)])
    with publishing(out, language=language) as owed:

        def renewed(packs: Path | None, tools: list[Path] | None) -> None:
            # What was published since, such as a promoted pack, must outlive a restart.
            ring, now = load_keys(keys), datetime.now(UTC)
            publish(out=out, keys=ring, packs=packs, tools=tools, now=now, keep_newer=True, objection=owed.objection)

        try:
            renewed(bundled("packs"), None)
        except HeldBackError:  # told when all is done
            renewed(None, None)
        if tools is not None:
            offered = data / "tool"
            files = files_to_publish(
                offered,
                tools,
                root=_newest_root(out),
                repository=f"{address}/repository/",
                help_line=replace(settings.CENTER.help_line, desk=urljoin(address, reverse("help"))),
            )
            for name in not_vouched_for(files, _roots(out).values()):
                told = Text(
                    "{name} holds no root of trust of this centre and would find no updates; "
                    "build it with: make release TOOL={wheel}",
                    name=name,
                    wheel=files[0],
                )
                tell(told, language, sys.stderr)
            renewed(None, files)
            show_published(offered, files)


def _newest_root(repository: Path) -> bytes:
    roots = _roots(repository)
    return roots[max(roots)]


def _roots(repository: Path) -> dict[int, bytes]:
    found = (repository / "metadata").glob("*.root.json")
    return {int(path.name.split(".")[0]): path.read_bytes() for path in found}
