"""What the tool says in several places, in the language of the reader: steps, refusals, errors, evidence, times."""

import re
from collections.abc import Mapping

from quetsach.core.errors import QuetsachError
from quetsach.core.language import OWN_LANGUAGE
from quetsach.core.text import Text
from quetsach.core.time_left import rounded_minutes
from quetsach.endpoint.messages.retold import retold

REFUSALS: Mapping[str, Text] = {
    "expired": Text("The repository has expired"),
    "rolled-back": Text("The repository is older than what was seen before"),
    "not-signed": Text("The repository is not signed by enough of the trusted keys"),
    "altered": Text("What was fetched differs from what was signed"),
    "too-long": Text("The repository sends more data than was signed"),
    "too-slow": Text("The repository answers too slowly"),
    "damaged": Text("The repository's metadata is damaged"),
    "bad-name": Text("The repository lists a name that a pack cannot have"),
    "bad-pack": Text("A pack of the repository cannot be used by this version of the tool"),
    "bad-list": Text("The centre's list of what it has taken back cannot be used by this version of the tool"),
    "unreachable": Text("The repository cannot be reached"),
    "no-trust": Text(
        "This installation carries no centre's root of trust, and no repository is ever "
        "trusted because it was seen first"
    ),
    "no-address": Text("The address of the repository is not known"),
}
"""Reason why an update was refused or could not be."""

HINTS: Mapping[str, Text] = {
    "expired": Text("look at the date of this machine first (it says {today}); if it is right, tell the centre"),
    "rolled-back": Text("somebody may be holding updates back; try another network and tell the centre"),
    "not-signed": Text(
        "this is another centre's repository, or a false one; a root of trust is named with --trust-root"
    ),
    "altered": Text("try another network and tell the centre"),
    "too-long": Text("try another network and tell the centre"),
    "too-slow": Text("try again later or on another network"),
    "damaged": Text("try again later and tell the centre"),
    "bad-name": Text("tell the centre"),
    "bad-pack": Text("a newer version of the tool may be needed"),
    "bad-list": Text("a newer version of the tool may be needed"),
    "unreachable": Text("check the network and the address, then try again ({detail})"),
    "no-trust": Text(
        "fetch the root of trust (metadata/1.root.json of the centre's repository, or the "
        "newer one that the centre names), compare its SHA-256 with the published one, then "
        "run: quetsach update --repository ADDRESS --trust-root FILE"
    ),
    "no-address": Text("add --repository ADDRESS"),
}
"""The same reasons -> what to do next; with ``today`` and ``detail``."""

HINTS_IN_WINDOW: Mapping[str, Text] = {
    **HINTS,
    "not-signed": Text("this is another centre's repository, or a false one; tell the centre"),
    "no-trust": Text("fetch a copy that carries a root of trust from the centre's site"),
    "no-address": Text("fetch the new version from the centre's site"),
}
"""The same where a person has buttons and types no commands."""

UNFIT: Mapping[str, Text] = {
    "locked": Text(
        "The drive {path} is locked by BitLocker, so this stick cannot look into it. Switch "
        "the encryption off in Windows (settings, device encryption), or let someone who "
        "knows computers open it with the recovery key: type l, then `cryptsetup open --type "
        "bitlk {path} mo`, and choose again."
    ),
    "hibernated": Text(
        "The Windows on {path} only SLEEPS (fast start-up or hibernation) and is not shut "
        "down. Changing the drive now could damage it, so the tool does not. Restart the "
        "computer into Windows, press Start, type cmd and Enter, type `shutdown /s /t 0` and "
        "Enter; then start from this stick again. If Windows does not start any more, ask "
        "someone who knows computers."
    ),
    "unclean": Text(
        "The drive {path} was not closed by Windows (power cut, pulled out, switched off), "
        "so the tool does not change it. Restart the computer into Windows and shut it down "
        "with `shutdown /s /t 0`; if it does not start, run `chkdsk /f` from the rescue "
        "medium of Windows; then start from this stick again."
    ),
    "damaged": Text(
        "The file system on {path} is damaged. Run `chkdsk /f` from the rescue medium of "
        "Windows first; if the disk is failing, copy your data first."
    ),
    "unreadable": Text("The drive {path} cannot be checked, so the tool changes nothing on it."),
}
"""Why a drive at ``path`` must not be changed now, and what to do about it."""
STEPS: Mapping[str, Text] = {
    "quarantine-file": Text("Quarantine the file {subject}"),
    "remove-lines": Text("Remove {lines} line(s) from the file {subject}"),
    "remove-link": Text("Remove the link {subject}"),
    "stop-unit": Text("Stop the service {subject}"),
    "kill-process": Text("End process {pid} ({subject})"),
    "truncate-file": Text("Cut off what was appended to the file {subject}"),
    "remove-task": Text("Remove the scheduled task {subject}"),
    "remove-subscription": Text("Remove the WMI subscription {subject}"),
    "edit-registry": Text("Make {lines} change(s) to the registry in {subject}"),
    "unhide-folder": Text("Let the folder {subject} be seen again"),
}
"""Kind of a step -> what it does, with ``subject``, ``lines`` and ``pid``."""

OUTCOMES: Mapping[str, Text] = {
    "done": Text("done"),
    "gone": Text("it was no longer there"),
    "changed": Text("it changed after the scan, so it was left alone; scan again"),
    "failed": Text("could not be done"),
    "restored": Text("put back as it was"),
    "reinserted": Text("it has changed since; only what had been taken was put back"),
    "beside": Text("something newer has the name, so the old one was put beside it: {note}"),
    "kept": Text("left as it is: there is nothing to put back"),
}
"""How a step, or undoing it, ended; with ``note``."""

ACTIONS: Mapping[str, Text] = {
    "report": Text("report only"),
    "archive": Text("seal the whole archive, if you agree"),
    "quarantine": Text("quarantine the file"),
    "kill": Text("end the process"),
    "remove-line": Text("remove this line from the file"),
    "remove-unit": Text("remove this service"),
    "truncate": Text("cut off what was appended to the file"),
    "remove-value": Text("remove this registry value"),
    "remove-entry": Text("take this entry out of the list"),
    "restore-default": Text("set back to what the system has from the factory"),
    "remove-key": Text("remove this registry key"),
    "remove-service": Text("remove this service"),
    "remove-task": Text("remove this scheduled task"),
    "remove-subscription": Text("remove this WMI subscription"),
    "unhide": Text("let this folder be seen again"),
}
"""Action of a trait -> what is done to what it finds; ``archive`` for one that lies inside an archive."""


# Errors in the language of the reader. What is raised as a text says itself; what the system answers, and notes of
# steps, which stand in journals in English, are retold.

_LINE = re.compile(r", line (?=\d+$)")


def format_error(error: QuetsachError, language: str) -> str:
    """Return what ``error.explain()`` says, in a language: what happened, where, and what to do next."""
    what, hint = what_text(error, language), hint_text(error, language)
    told = f"{_line_told(error.where, language)}: {what}" if error.where else what
    return f"{told}\n{Text('hint: {text}', text=hint).in_language(language)}" if hint else told


def what_text(error: QuetsachError, language: str) -> str:
    """Return what happened, in a language."""
    return error.text.in_language(language) if error.text else retold(error.what, language)


def hint_text(error: QuetsachError, language: str) -> str:
    """Return what to do next, in a language; empty if there is nothing useful to say."""
    return error.advice.in_language(language) if error.advice else retold(error.hint, language)


def _line_told(where: str, language: str) -> str:
    line = Text("line {number}", number="").in_language(language)
    return _LINE.sub(f", {line}", where)


def format_note(note: str, language: str) -> str:
    """Return the note of a step, which is an error on one line: ``where: what; hint: hint``, in a language."""
    if language == OWN_LANGUAGE:
        return note
    what, _, hint = note.partition("; hint: ")
    told = _told_at_its_place(what, language)
    if told == what:  # several sentences
        told = "; ".join(_told_at_its_place(part, language) for part in what.split("; "))
    if not hint:
        return told
    return f"{told}; {Text('hint: {text}', text=retold(hint, language)).in_language(language)}"


def _told_at_its_place(what: str, language: str) -> str:
    """Return a sentence that may have a place before it, ``where: what``, in a language."""
    starts = [0, *(place.end() for place in re.finditer(": ", what))]
    told = ((what[:start], what[start:], retold(what[start:], language)) for start in starts)
    return next((where + new for where, old, new in told if new != old), what)


# Evidence of a finding in the language of the reader: the names of fields are told, what they hold stays as it is.

_FIELDS: Mapping[str, Text] = {
    "account": Text("account"),
    "algorithm": Text("algorithm"),
    "archive": Text("archive"),
    "author": Text("author"),
    "command": Text("command"),
    "command_line": Text("command line"),
    "comment": Text("comment"),
    "consumer": Text("consumer"),
    "cwd": Text("working folder"),
    "data": Text("data"),
    "default": Text("default"),
    "deleted": Text("deleted"),
    "description": Text("description"),
    "display_name": Text("display name"),
    "dll": Text("dll"),
    "enabled": Text("enabled"),
    "entry": Text("entry"),
    "environment": Text("environment"),
    "exec": Text("commands", context="evidence"),
    "executable": Text("executable"),
    "fingerprint": Text("fingerprint"),
    "group": Text("group"),
    "handler": Text("handler"),
    "hidden": Text("hidden"),
    "key": Text("key"),
    "libraries": Text("libraries"),
    "line": Text("line"),
    "local": Text("local"),
    "missing": Text("missing"),
    "mode": Text("mode"),
    "name": Text("name"),
    "owner": Text("owner"),
    "path": Text("path"),
    "pid": Text("pid"),
    "place": Text("place"),
    "preload": Text("preload"),
    "protocol": Text("protocol"),
    "query": Text("query"),
    "remote": Text("remote"),
    "schedule": Text("schedule"),
    "script": Text("script"),
    "server": Text("server"),
    "size_bytes": Text("bytes"),
    "start": Text("start"),
    "state": Text("state"),
    "svchost": Text("svchost"),
    "trigger": Text("trigger"),
    "type": Text("type"),
    "user": Text("user"),
    "values": Text("values"),
}
"""Field, as packs name it -> what it is called."""
_VALUES: Mapping[str, Text] = {"yes": Text("yes"), "no": Text("no"), "in memory": Text("in memory")}
_FIELD = re.compile(r"(?P<before>^|; )(?P<name>[a-z_]+)(?=: )")
_VALUE = re.compile(r"(?<=: )(?:yes|no)(?=; |$)|(?<=, )in memory(?=; |$)")


def format_evidence(evidence: str, language: str) -> str:
    """Return the evidence of a finding (``name: x; data: y``) with the fields named in a language."""
    told = _FIELD.sub(lambda field: field["before"] + field_text(field["name"], language), evidence)
    return _VALUE.sub(lambda value: _VALUES[value[0]].in_language(language), told)


def field_text(field: str, language: str) -> str:
    """Return what a field of evidence is called; as packs name it where it is none of ours."""
    return _FIELDS[field].in_language(language) if field in _FIELDS else field


# How long work will still take, in words that promise no more than is known.


def format_time_left(seconds: float, language: str) -> str:
    """Return how long something still takes, roughly."""
    hours, minutes = divmod(rounded_minutes(seconds), 60)
    if not hours:
        return (
            (Text("about {minutes} min left") if minutes else Text("less than a minute left"))
            .with_values(minutes=minutes)
            .in_language(language)
        )
    return (
        (Text("about {hours} h {minutes} min left") if minutes else Text("about {hours} h left"))
        .with_values(hours=hours, minutes=minutes)
        .in_language(language)
    )
