"""The settings of a centre as they lie in its data folder: every command obeys them, whoever runs it and from where.

The environment sets them at the first start. After that a variable of the environment that says something else is
refused, so that no shell, unit file or cron table can run a command under other rules than the centre's.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from quetsach import storage
from quetsach.core.errors import QuetsachError
from quetsach.core.text import LocalText, Text

FILE = "settings.json"
_LONGEST = 2000


class StoredError(QuetsachError):
    """The stored settings cannot be used, or the environment disagrees with them."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting.

    Attributes:
        name: what ``center settings`` calls it.
        variable: the variable of the environment that sets it at the first start.
        default: what holds while nothing is stored.
        meaning: what it decides.
        guards: values that stand for less care than others; to go to one of them a reason is asked for.
        is_secret: whether it is an address that may hold a password or a key, which are never shown.
        is_rule: whether commands act otherwise under another value: its default then counts as stored.
    """

    name: str
    variable: str
    default: str
    meaning: LocalText
    guards: tuple[str, ...] = ()
    is_secret: bool = False
    is_rule: bool = False

    def shown(self, value: str) -> str:
        """Return a value as it may be shown: of an address its scheme, host, port and path."""
        if not self.is_secret or not value:
            return value
        try:
            parts = urlsplit(value)
        except ValueError:
            return "***"
        beyond = parts.path + parts.query + parts.fragment
        if not value.startswith(f"{parts.scheme}://") or "@" in beyond:  # no telling where the host begins
            return "***"
        user, _, host = parts.netloc.rpartition("@")
        query = "?***" if parts.query or parts.fragment else ""
        return f"{parts.scheme}://{'***@' if user else ''}{host}{parts.path}{query}"


SETTINGS = (
    Setting(
        "publication",
        "QUETSACH_PUBLICATION",
        "automatic",
        Text("automatic: new figures and packs go out by themselves; two-people: a second person must agree"),
        guards=("automatic",),
        is_rule=True,
    ),
    Setting(
        "public-url",
        "QUETSACH_PUBLIC_URL",
        "",
        Text("where people reach the centre"),
    ),
    Setting(
        "hosts",
        "QUETSACH_HOSTS",
        "",
        Text("names under which the centre answers"),
        guards=("*",),
        is_rule=True,
    ),
    Setting(
        "https",
        "QUETSACH_HTTPS",
        "no",
        Text("yes: visitors reach the centre over HTTPS only"),
        guards=("no",),
        is_rule=True,
    ),
    Setting(
        "proxy-hops",
        "QUETSACH_PROXY_HOPS",
        "0",
        Text("how many of your own proxies stand in front"),
        is_rule=True,
    ),
    Setting(
        "metrics-from",
        "QUETSACH_METRICS_FROM",
        "",
        Text("networks that may read /metrics besides this machine"),
        is_rule=True,
    ),
    Setting(
        "database",
        "DATABASE_URL",
        "",
        Text("the database; empty for SQLite in the data folder"),
        is_secret=True,
        is_rule=True,
    ),
    Setting(
        "controller",
        "QUETSACH_CONTROLLER",
        "",
        Text("who answers for personal data"),
    ),
    Setting("contact", "QUETSACH_CONTACT", "", Text("how to reach them")),
    Setting("help-phone", "QUETSACH_HELP_PHONE", "", Text("the telephone numbers that people call who need help")),
    Setting("help-zalo", "QUETSACH_HELP_ZALO", "", Text("the account of Zalo that answers them")),
    Setting("help-hours", "QUETSACH_HELP_HOURS", "", Text("when the telephone is answered")),
    Setting("help-places", "QUETSACH_HELP_PLACES", "", Text("telephone numbers of provinces")),
    Setting("source-url", "QUETSACH_SOURCE_URL", "", Text("where everybody can read the source code of the software")),
    Setting(
        "smtp-url",
        "QUETSACH_SMTP_URL",
        "",
        Text("the mail server that letters are handed to"),
        is_secret=True,
    ),
    Setting(
        "mail-from",
        "QUETSACH_MAIL_FROM",
        "",
        Text("the address that letters by mail come from"),
    ),
    Setting(
        "mail-per-minute",
        "QUETSACH_MAIL_PER_MINUTE",
        "300",
        Text("how many messages are handed over in a minute at most"),
    ),
    Setting(
        "bounces",
        "QUETSACH_BOUNCES",
        "",
        Text("the Maildir folder for mail that comes back"),
    ),
    Setting(
        "account-check",
        "QUETSACH_ACCOUNT_CHECK",
        "no",
        Text("yes: owners of stolen accounts may ask, and are answered by mail"),
        guards=("yes",),
        is_rule=True,
    ),
    Setting(
        "pages",
        "QUETSACH_PAGES",
        "",
        Text("the folder for written public pages; empty for the data folder"),
    ),
    Setting(
        "timestamp-url",
        "QUETSACH_TIMESTAMP_URL",
        "",
        Text("the time stamping authority (RFC 3161)"),
        is_secret=True,
    ),
)
BY_NAME: Mapping[str, Setting] = {setting.name: setting for setting in SETTINGS}


def read_stored(data: Path | None) -> dict[str, str] | None:
    """Return what is stored, by name; ``None`` for a folder that was never started.

    Raises:
        StoredError: the file is damaged.
    """
    if data is None:
        return None
    path = data / FILE
    hint = Text("put it back from the centre's backup, or write it anew with quetsach center settings set")
    try:
        found = json.loads(storage.read_secret(path, least_bytes=2, hint=hint))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (ValueError, storage.StorageError) as error:
        raise StoredError(Text("the stored settings are damaged"), where=str(path), hint=hint) from error
    if not isinstance(found, dict) or any(
        name not in BY_NAME or not isinstance(value, str) for name, value in found.items()
    ):
        raise StoredError(Text("the stored settings are damaged"), where=str(path), hint=hint)
    return found


def write_stored(data: Path, values: Mapping[str, str]) -> None:
    """Store settings; those that are left out have their defaults.

    Raises:
        OSError: the file cannot be written.
    """
    storage.write(data / FILE, json.dumps(dict(sorted(values.items())), indent=1, ensure_ascii=False) + "\n")


def in_force(environment: Mapping[str, str], data: Path | None) -> dict[str, str]:
    """Return an environment in which the settings are the centre's own.

    Where a centre was never started the environment itself counts.

    Raises:
        StoredError: the environment says something else than the centre, or what is stored is damaged.
    """
    stored = read_stored(data)
    if stored is None:
        return dict(environment)
    for setting in SETTINGS:
        given, held = environment.get(setting.variable), stored.get(setting.name, setting.default)
        is_settled = setting.is_rule or setting.name in stored
        if given and is_settled and _plain(given) != _plain(held):
            raise StoredError(
                Text(
                    "{variable} of the environment is not what this centre has stored as {name}",
                    variable=setting.variable,
                    name=setting.name,
                ),
                where=str(data),
                hint=Text(
                    "take {variable} out of the environment (a shell, a unit file, cron); to change the "
                    "centre: quetsach center settings set {name} VALUE",
                    variable=setting.variable,
                    name=setting.name,
                ),
            )
    return {**environment, **variables(stored)}


def variables(stored: Mapping[str, str]) -> dict[str, str]:
    """Return stored settings under the names of their variables."""
    return {BY_NAME[name].variable: value for name, value in stored.items()}


def adopt(environment: Mapping[str, str], data: Path) -> tuple[Setting, ...]:
    """Store what the environment sets and the centre has not stored yet; return what was taken over.

    A value that the centre has stored already stays: the environment that disagrees is refused when it is read. Rules
    are taken over at the first start alone: later their defaults count as stored.

    Raises:
        OSError: the file cannot be written.
        StoredError: what is stored is damaged.
    """
    stored = read_stored(data)
    known = stored or {}
    new = {
        setting.name: environment[setting.variable]
        for setting in SETTINGS
        if setting.name not in known
        and environment.get(setting.variable, "") not in {"", setting.default}
        and (stored is None or not setting.is_rule)
    }
    if stored is None or new:
        write_stored(data, known | new)
    return tuple(BY_NAME[name] for name in new)


def _plain(value: str) -> str:
    return value.strip().rstrip("/")[:_LONGEST]
