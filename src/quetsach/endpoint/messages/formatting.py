"""Formats errors, evidence and times of a scan in the language of the reader."""

import functools
import pkgutil
import re
import tomllib
from collections.abc import Mapping

from quetsach.core.errors import QuetsachError
from quetsach.core.text import Text
from quetsach.core.time_left import rounded_minutes

# Errors in the language of the reader. What is raised as a text says itself; what the system or argparse answers, and
# notes of steps, which stand in journals in English, are told as the catalogue ``errors`` has them.

_PLACE = re.compile(r"\{([a-z]+)\}")
_LINE = re.compile(r", line (?=\d+$)")


def format_error(error: QuetsachError, language: str) -> str:
    """Return what ``error.explain()`` says, in a language: what happened, where, and what to do next."""
    what, hint = what_text(error, language), hint_text(error, language)
    told = f"{_line_told(error.where, language)}: {what}" if error.where else what
    return f"{told}\n{Text('hint: {text}', text=hint).in_language(language)}" if hint else told


def what_text(error: QuetsachError, language: str) -> str:
    """Return what happened, in a language."""
    return error.text.in_language(language) if error.text else translated(error.what, language)


def hint_text(error: QuetsachError, language: str) -> str:
    """Return what to do next, in a language; empty if there is nothing useful to say."""
    return error.advice.in_language(language) if error.advice else translated(error.hint, language)


def _line_told(where: str, language: str) -> str:
    line = Text("line {number}", number="").in_language(language)
    return _LINE.sub(f", {line}", where)


def format_note(note: str, language: str) -> str:
    """Return the note of a step, which is an error on one line: ``where: what; hint: hint``, in a language."""
    if language == "en":
        return note
    what, _, hint = note.partition("; hint: ")
    told = _told_at_its_place(what, language)
    if told == what:  # several sentences
        told = "; ".join(_told_at_its_place(part, language) for part in what.split("; "))
    if not hint:
        return told
    return f"{told}; {Text('hint: {text}', text=translated(hint, language)).in_language(language)}"


def _told_at_its_place(what: str, language: str) -> str:
    """Return a sentence that may have a place before it, ``where: what``, in a language."""
    starts = [0, *(place.end() for place in re.finditer(": ", what))]
    told = ((what[:start], what[start:], translated(what[start:], language)) for start in starts)
    return next((where + new for where, old, new in told if new != old), what)


@functools.cache
def catalogue(language: str) -> Mapping[str, str]:
    """Return the sentences that are told by their English, with places to fill, in another language."""
    content = pkgutil.get_data(__package__, f"errors.{language}.toml")  # importlib.resources is dear at every start
    if content is None:
        raise FileNotFoundError(f"errors.{language}.toml")
    return {key: str(value) for key, value in tomllib.loads(content.decode()).items()}


def translated(sentence: str, language: str) -> str:
    """Return a sentence of an error as the catalogue has it; as it is if that does not know it."""
    if language == "en":
        return sentence
    if sentence in catalogue(language):
        return catalogue(language)[sentence]
    for pattern, told in _patterns(language).items():
        if found := pattern.fullmatch(sentence):
            return told.format_map({name: translated(value, language) for name, value in found.groupdict().items()})
    return sentence


@functools.cache
def _patterns(language: str) -> Mapping[re.Pattern[str], str]:
    """Return the sentences with places to fill, as patterns."""
    patterns = {}
    for sentence, told in catalogue(language).items():
        if names := _PLACE.findall(sentence):
            first, *rest = _PLACE.split(sentence)[::2]
            pairs = zip(names, rest, strict=True)
            source = re.escape(first) + "".join(f"(?P<{name}>.+?){re.escape(text)}" for name, text in pairs)
            patterns[re.compile(source, re.DOTALL)] = told
    return patterns


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
