"""``quetsach center settings``: the rules of a centre, which lie in its data folder and hold for every command."""

import argparse
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from quetsach import storage
from quetsach.cli.center.opened import opened_centre
from quetsach.cli.locations import default_data
from quetsach.cli.output import print_json, print_table, say
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.errors import InputError, QuetsachError
from quetsach.web.configuration import Configuration, ConfigurationError
from quetsach.web.stored_settings import BY_NAME, SETTINGS, Setting, read_stored, write_stored

_LONGEST_REASON = 500
_WORDS: Mapping[str, Mapping[str, str]] = {
    "vi": {
        "header": "thiết lập|giá trị|đã lưu|ý nghĩa",
        "True": "có",
        "False": "mặc định",
        "empty": "(trống)",
        "default": "mặc định: {default}; biến môi trường khi khởi động lần đầu: {variable}",
        "changed": "{name}: {before} → {after}. Các lệnh theo ngay; trung tâm đang chạy theo từ lần khởi động sau.",
        "same": "{name} đã là {after}; không có gì thay đổi.",
        "unlogged": "Không ghi được vào nhật ký của văn phòng: {error}",
        "unknown": "không có thiết lập này",
        "unknown-hint": "xem các tên bằng: quetsach center settings list",
        "no-centre": "thư mục này chưa từng được khởi động thành trung tâm",
        "no-centre-hint": "chuẩn bị trung tâm trước: quetsach center up --prepare-only",
        "reason": "giá trị này nới lỏng một biện pháp bảo vệ, nên cần nêu lý do",
        "reason-hint": 'ghi lý do, lý do sẽ nằm trong nhật ký: --reason "…"',
    },
    "en": {
        "header": "setting|value|stored|meaning",
        "True": "yes",
        "False": "default",
        "empty": "(empty)",
        "default": "default: {default}; variable of the environment at the first start: {variable}",
        "changed": "{name}: {before} → {after}. Commands obey at once, a running centre from its next start on.",
        "same": "{name} is {after} already; nothing was changed.",
        "unlogged": "It could not be written into the office's log: {error}",
        "unknown": "there is no such setting",
        "unknown-hint": "see the names with: quetsach center settings list",
        "no-centre": "this folder was never started as a centre",
        "no-centre-hint": "prepare the centre first: quetsach center up --prepare-only",
        "reason": "this value takes a guard away, so a reason is needed",
        "reason-hint": 'give the reason, which goes into the log: --reason "…"',
    },
}


def print_list(arguments: argparse.Namespace) -> int:
    """List every setting and what it decides."""
    words, language = _WORDS[chosen_language(arguments)], chosen_language(arguments)
    stored = _stored(arguments, words)
    if arguments.json:
        print_json([_as_json(setting, stored) for setting in SETTINGS])
        return ExitCode.NOTHING_FOUND
    rows = [
        [s.name, _value(s, stored, words), words[str(s.name in stored)], s.meaning.in_language(language)]
        for s in SETTINGS
    ]
    print_table(words["header"].split("|"), rows)
    return ExitCode.NOTHING_FOUND


def print_one(arguments: argparse.Namespace) -> int:
    """Show one setting with its explanation."""
    words, language = _WORDS[chosen_language(arguments)], chosen_language(arguments)
    setting, stored = _setting(arguments.name, words), _stored(arguments, words)
    if arguments.json:
        print_json(_as_json(setting, stored))
        return ExitCode.NOTHING_FOUND
    say(f"{setting.name} = {_value(setting, stored, words)}")
    say(setting.meaning.in_language(language))
    say(words["default"].format(default=setting.default or words["empty"], variable=setting.variable))
    return ExitCode.NOTHING_FOUND


def set_value(arguments: argparse.Namespace) -> int:
    """Set one setting, or go back to its default."""
    words = _WORDS[chosen_language(arguments)]
    setting = _setting(arguments.name, words)
    _stored(arguments, words)  # refuses what is no centre before anything is made in it
    with storage.locked(_data(arguments) / "settings.lock"):
        stored = _stored(arguments, words)
        change = (stored.get(setting.name, setting.default), arguments.value.strip() or setting.default)
        wanted = {name: value for name, value in stored.items() if name != setting.name}
        if change[1] != setting.default:
            wanted[setting.name] = change[1]
        if change[0] != change[1]:
            _change(arguments, setting, change, wanted)
    if arguments.json:
        print_json(_as_json(setting, wanted))
    else:
        before, after = (setting.shown(value) or words["empty"] for value in change)
        say(
            words["same" if change[0] == change[1] else "changed"].format(name=setting.name, before=before, after=after)
        )
    return ExitCode.NOTHING_FOUND


def _change(
    arguments: argparse.Namespace, setting: Setting, change: tuple[str, str], wanted: Mapping[str, str]
) -> None:
    """Check, note and store a change, in this order."""
    words, reason = _WORDS[chosen_language(arguments)], arguments.reason.strip()[:_LONGEST_REASON]
    if change[1] in setting.guards and not reason:
        raise InputError(words["reason"], where=setting.name, hint=words["reason-hint"])
    data = _data(arguments)
    Configuration.read({"QUETSACH_DATA": str(data)}, stored=wanted)  # refuses what cannot be used
    _note(arguments, setting, change, reason)
    write_stored(data, wanted)


def _note(arguments: argparse.Namespace, setting: Setting, change: tuple[str, str], reason: str) -> None:
    """Write the change into the office's log before it holds; what takes a guard away is not done without."""
    words = _WORDS[chosen_language(arguments)]
    before, after = (setting.shown(value) for value in change)
    detail = {"name": setting.name, "before": before, "after": after, "reason": reason}
    try:
        with opened_centre(arguments) as now:
            _append(setting, detail, now)
    except QuetsachError as error:
        if change[1] in setting.guards or (setting.name != "database" and _is_usable(_data(arguments))):
            raise
        say(words["unlogged"].format(error=error), sys.stderr)  # what keeps the log away is mended by this very command


def _is_usable(data: Path) -> bool:
    try:
        Configuration.read({"QUETSACH_DATA": str(data)}, stored=read_stored(data))
    except ConfigurationError:
        return False
    return True


def _append(setting: Setting, detail: Mapping[str, str], now: datetime) -> None:
    from django.db import transaction  # noqa: PLC0415

    from quetsach.web.office.log.services import log_append  # noqa: PLC0415

    with transaction.atomic():
        log_append(by=None, act="setting-change", subject=f"setting:{setting.name}", unit=None, detail=detail, now=now)


def _setting(name: str, words: Mapping[str, str]) -> Setting:
    if name not in BY_NAME:
        raise InputError(words["unknown"], where=name[:60], hint=words["unknown-hint"])
    return BY_NAME[name]


def _stored(arguments: argparse.Namespace, words: Mapping[str, str]) -> dict[str, str]:
    stored = read_stored(_data(arguments))
    if stored is None:
        raise InputError(words["no-centre"], where=str(_data(arguments)), hint=words["no-centre-hint"])
    return stored


def _data(arguments: argparse.Namespace) -> Path:
    return Path(arguments.data or default_data()).absolute()


def _value(setting: Setting, stored: Mapping[str, str], words: Mapping[str, str]) -> str:
    return setting.shown(stored.get(setting.name, setting.default)) or words["empty"]


def _as_json(setting: Setting, stored: Mapping[str, str]) -> dict[str, object]:
    return {
        "name": setting.name,
        "value": setting.shown(stored.get(setting.name, setting.default)),
        "is_stored": setting.name in stored,
        "default": setting.default,
        "variable": setting.variable,
        "meaning": {"vi": setting.meaning.vi, "en": setting.meaning.en},
    }
