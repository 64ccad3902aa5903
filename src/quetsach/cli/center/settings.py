"""``quetsach center settings``: the rules of a centre, which lie in its data folder and hold for every command."""

import argparse
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from django.db import transaction

from quetsach import storage
from quetsach.cli.center.acts import found
from quetsach.cli.center.opened import opened_centre
from quetsach.cli.locations import default_data
from quetsach.cli.output import print_json, print_table, say, tell
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.errors import InputError, QuetsachError
from quetsach.core.text import Text, all_in_language, both
from quetsach.web.configuration import Configuration, ConfigurationError
from quetsach.web.stored_settings import BY_NAME, SETTINGS, Setting, read_stored, write_stored

_LONGEST_REASON = 500
_STORED = {True: Text("yes"), False: Text("default")}
_EMPTY = Text("(empty)")
_HEADER = (Text("setting"), Text("value"), Text("stored"), Text("meaning"))


def print_list(arguments: argparse.Namespace) -> int:
    """List every setting and what it decides."""
    language = chosen_language(arguments)
    stored = _stored(arguments)
    if arguments.json:
        print_json([_as_json(setting, stored) for setting in SETTINGS])
        return ExitCode.NOTHING_FOUND
    rows = [
        [
            s.name,
            _value(s, stored, language),
            _STORED[s.name in stored].in_language(language),
            s.meaning.in_language(language),
        ]
        for s in SETTINGS
    ]
    print_table(all_in_language(_HEADER, language), rows)
    return ExitCode.NOTHING_FOUND


def print_one(arguments: argparse.Namespace) -> int:
    """Show one setting with its explanation."""
    language = chosen_language(arguments)
    setting, stored = _setting(arguments.name), _stored(arguments)
    if arguments.json:
        print_json(_as_json(setting, stored))
        return ExitCode.NOTHING_FOUND
    say(f"{setting.name} = {_value(setting, stored, language)}")
    tell(setting.meaning, language)
    tell(
        Text(
            "default: {default}; variable of the environment at the first start: {variable}",
            default=setting.default or _EMPTY,
            variable=setting.variable,
        ),
        language,
    )
    return ExitCode.NOTHING_FOUND


def set_value(arguments: argparse.Namespace) -> int:
    """Set one setting, or go back to its default."""
    language = chosen_language(arguments)
    setting = _setting(arguments.name)
    _stored(arguments)  # refuses what is no centre before anything is made in it
    with storage.locked(_data(arguments) / "settings.lock"):
        stored = _stored(arguments)
        change = (stored.get(setting.name, setting.default), arguments.value.strip() or setting.default)
        wanted = {name: value for name, value in stored.items() if name != setting.name}
        if change[1] != setting.default:
            wanted[setting.name] = change[1]
        if change[0] != change[1]:
            _change(arguments, setting, change, wanted)
    if arguments.json:
        print_json(_as_json(setting, wanted))
    else:
        before, after = (setting.shown(value) or _EMPTY for value in change)
        tell(
            Text("{name} is {after} already; nothing was changed.", name=setting.name, after=after)
            if change[0] == change[1]
            else Text(
                "{name}: {before} → {after}. Commands obey at once, a running centre from its next start on.",
                name=setting.name,
                before=before,
                after=after,
            ),
            language,
        )
    return ExitCode.NOTHING_FOUND


def _change(
    arguments: argparse.Namespace, setting: Setting, change: tuple[str, str], wanted: Mapping[str, str]
) -> None:
    """Check, note and store a change, in this order."""
    reason = arguments.reason.strip()[:_LONGEST_REASON]
    if change[1] in setting.guards and not reason:
        raise InputError(
            Text("this value takes a guard away, so a reason is needed"),
            where=setting.name,
            hint=Text('give the reason, which goes into the log: --reason "…"'),
        )
    data = _data(arguments)
    Configuration.read({"QUETSACH_DATA": str(data)}, stored=wanted)  # refuses what cannot be used
    _note(arguments, setting, change, reason)
    write_stored(data, wanted)


def _note(arguments: argparse.Namespace, setting: Setting, change: tuple[str, str], reason: str) -> None:
    """Write the change into the office's log before it holds; what takes a guard away is not done without."""
    language = chosen_language(arguments)
    before, after = (setting.shown(value) for value in change)
    detail = {"name": setting.name, "before": before, "after": after, "reason": reason}
    try:
        with opened_centre(arguments) as now:
            _append(setting, detail, now)
    except QuetsachError as error:
        if change[1] in setting.guards or (setting.name != "database" and _is_usable(_data(arguments))):
            raise
        # What keeps the log away is mended by this very command.
        tell(Text("It could not be written into the office's log: {error}", error=error), language, sys.stderr)


def _is_usable(data: Path) -> bool:
    try:
        Configuration.read({"QUETSACH_DATA": str(data)}, stored=read_stored(data))
    except ConfigurationError:
        return False
    return True


def _append(setting: Setting, detail: Mapping[str, str], now: datetime) -> None:
    log_append = found("quetsach.web.office.log.services:log_append")
    with transaction.atomic():
        log_append(by=None, act="setting-change", subject=f"setting:{setting.name}", unit=None, detail=detail, now=now)


def _setting(name: str) -> Setting:
    if name not in BY_NAME:
        raise InputError(
            Text("there is no such setting"),
            where=name[:60],
            hint=Text("see the names with: quetsach center settings list"),
        )
    return BY_NAME[name]


def _stored(arguments: argparse.Namespace) -> dict[str, str]:
    stored = read_stored(_data(arguments))
    if stored is None:
        raise InputError(
            Text("this folder was never started as a centre"),
            where=str(_data(arguments)),
            hint=Text("prepare the centre first: quetsach center up --prepare-only"),
        )
    return stored


def _data(arguments: argparse.Namespace) -> Path:
    return Path(arguments.data or default_data()).absolute()


def _value(setting: Setting, stored: Mapping[str, str], language: str) -> str:
    return setting.shown(stored.get(setting.name, setting.default)) or _EMPTY.in_language(language)


def _as_json(setting: Setting, stored: Mapping[str, str]) -> dict[str, object]:
    return {
        "name": setting.name,
        "value": setting.shown(stored.get(setting.name, setting.default)),
        "is_stored": setting.name in stored,
        "default": setting.default,
        "variable": setting.variable,
        "meaning": both(setting.meaning),
    }
