"""What the window has done about updates: packs, then a newer version of the tool itself, as by ``quetsach update``."""

import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from quetsach.cli.update import require_private
from quetsach.endpoint.host.live import is_elevated
from quetsach.endpoint.window.use_cases import ScanProgress, Updated, Upgrade, Upgraded, Watch
from quetsach.installation import bundled_trust
from quetsach.packs import NEEDS_A_NEWER_TOOL, RefusedError, UnreachableError
from quetsach.packs import upgrade as upgrading
from quetsach.packs.downloads import Download
from quetsach.packs.source import Trust, load_trust
from quetsach.packs.update import opened, update
from quetsach.packs.upgrade import Build, UpgradeError, fetch_upgrade, find_upgrade, put_in_place

_WINDOW = {"setup": "QuetSachWindow.exe", "bundle": "quetsach"}
"""The program above the versions of an installation that opens the window of the one in use."""
_COMING_SECONDS = 2.0
"""A window that has not ended by then has come."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A newer version, the build whose place it takes, and under which root of trust it was found."""

    trust: Trust
    build: Build
    download: Download


def own_trust(state: Path) -> Trust | None:
    """Return the root of trust, the one that a person named before the one of this build; ``None`` without any."""
    return load_trust(state / "trust") or load_trust(bundled_trust())


def update_packs(state: Path) -> Updated:
    """Fetch the newest signed packs, and look for a newer version of the tool."""
    trust = own_trust(state)
    if trust is None or not trust.repository:
        return Updated(refusal="no-trust" if trust is None else "no-address")
    try:
        require_private(state)
        result = update(state, trust=trust)
    except RefusedError as error:
        refused = Updated(refusal=error.reason, detail=_today())
        return _with_tool(refused, state, trust) if error.reason in NEEDS_A_NEWER_TOOL else refused
    except UnreachableError as error:
        return Updated(refusal="unreachable", detail=error.hint)
    counts = len(result.installed), len(result.removed), len(result.unchanged)
    return _with_tool(Updated(*counts, withdrawn=result.withdrawn), state, trust)


def _with_tool(updated: Updated, state: Path, trust: Trust) -> Updated:
    """Return what an update came to together with what is known of newer versions of the tool."""
    build = upgrading.own_build()
    if build is None:
        return replace(updated, tool="elsewhere")
    try:
        with opened(state, trust) as source:
            found = find_upgrade(source, build)
    except RefusedError as error:
        return replace(updated, tool="refused", tool_refusal=error.reason)
    except UnreachableError:
        return replace(updated, tool="refused", tool_refusal="unreachable")
    if found is None:
        return replace(updated, tool="newest")
    handle = _Found(trust, build, found)
    upgrade = Upgrade(found.version, found.size_bytes, is_allowed=_is_allowed(build), handle=handle)
    return replace(updated, tool="newer", upgrade=upgrade)


def put_upgrade_in_place(upgrade: Upgrade, state: Path, watch: Watch) -> Upgraded:
    """Fetch a newer version, let it try itself, and put it in place; what went wrong is told in the result."""
    found = upgrade.handle
    if not isinstance(found, _Found):
        raise TypeError(found)

    def fetched(size_bytes: int) -> None:
        watch(ScanProgress(size_bytes=size_bytes, share=size_bytes / upgrade.size_bytes))

    try:
        with opened(state, found.trust) as source:
            content = fetch_upgrade(source, found.download, tick=fetched)
        watch(ScanProgress(size_bytes=len(content), total=1))
        place = put_in_place(content, found.download, found.build, state)
    except RefusedError as error:
        return Upgraded(upgrade.version, refusal=error.reason, detail=_today())
    except UnreachableError as error:
        return Upgraded(upgrade.version, refusal="unreachable", detail=error.hint)
    except UpgradeError as error:
        return Upgraded(upgrade.version, trouble=error)
    if found.build.folder is None:
        return Upgraded(upgrade.version, new_file=str(place), handle=place)
    return Upgraded(upgrade.version, handle=found.build.folder / _WINDOW[found.build.kind])


def open_upgraded(upgraded: Upgraded, language: str) -> bool:
    """Open the window of the version that was put in place, with the words of this one; whether it came.

    A portable opens its window only where it gets no words.
    """
    program = upgraded.handle
    if not isinstance(program, Path):
        raise TypeError(program)
    words = [] if upgraded.new_file else [*(sys.argv[1:] or ["gui"]), "--lang", language]
    nowhere = subprocess.DEVNULL
    with suppress(OSError):
        started = subprocess.Popen(  # noqa: S603  (it was signed by the centre, and lies where this tool lies)
            [str(program), *words], stdin=nowhere, stdout=nowhere, stderr=nowhere, start_new_session=True
        )
        try:
            return started.wait(_COMING_SECONDS) == 0
        except subprocess.TimeoutExpired:
            return True
    return False


def _is_allowed(build: Build) -> bool:
    """Return whether the rights of this process suffice to replace a build; a portable lays a file beside itself."""
    if build.kind == "setup":
        return is_elevated()
    return build.folder is None or os.access(build.folder, os.W_OK)


def _today() -> str:
    return f"{datetime.now(UTC):%Y-%m-%d}"
