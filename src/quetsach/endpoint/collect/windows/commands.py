"""Which files commands and running processes of Windows name, and what an interpreter was given to run."""

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from quetsach.endpoint import RegistryError
from quetsach.endpoint.collect.named_files import Removed
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.host.process import Process
from quetsach.endpoint.host.windows_path import (
    LONGEST,
    OTHER_DRIVES,
    Environment,
    files_named,
    machine_environment,
    named_file,
    older_machine_environment,
    user_environment,
)

# What an interpreter of Windows was given to run: ``wscript x.js``, ``rundll32 x.dll,Run``, ``powershell -enc ...``.
#
# Nothing is opened here. A command line is what malware wrote, so it is bounded, and one that makes no sense gives
# nothing. Sources: Microsoft Learn, "about_PowerShell_exe", "about_Pwsh", "cmd", "wscript", "regsvr32", "rundll32",
# "msiexec", "CommandLineToArgvW"; the manuals of Python, Node.js, Java, Perl, Ruby, PHP and AutoIt.

LONGEST_GIVEN = 32_767
"""Characters in a command line of Windows; more are not read."""

_MOST_WORDS = 512
_DEEPEST = 3
_WORD = re.compile(r'(?:\\++"?|[^\s"\\]|"(?:\\++"?|[^"\\])*(?:"|$))+', re.ASCII)  # a run of backslashes is read once
_QUOTATION = re.compile(r'\\"|"')
_DASHES = "-/\u2013\u2014\u2015"
"""What begins a parameter of PowerShell."""

_WITH_VALUE = (
    *("configurationname", "custompipename", "encodedarguments", "executionpolicy", "inputformat", "outputformat"),
    *("psconsolefile", "settingsfile", "version", "windowstyle", "workingdirectory"),
)
_SHORT = {"ec": "encodedcommand", "ep": "executionpolicy", "ea": "encodedarguments", "wd": "workingdirectory"}
_SCRIPT_TEXT = re.compile(r"(?:javascript|vbscript|about):", re.IGNORECASE)


class Given(NamedTuple):
    """What was given: a command, which may name files anywhere in it, or (``is_file``) the name of a file."""

    text: str
    is_file: bool


class _Word(NamedTuple):
    text: str
    start: int
    end: int


type _WordReader = Callable[[Sequence[_Word], str], Iterator[Given]]
"""Reads the words behind the program; the whole line is given, too."""


def given_to_run(program: str, command_line: str) -> tuple[Given, ...]:
    """Return what a program was given to run; nothing for one that is no interpreter.

    Other programs that have a file among their arguments, such as an editor, do not run it.

    Args:
        program: the name of its file, with or without a folder.
        command_line: all of it, the program first.
    """
    return tuple(dict.fromkeys(_given(program, command_line[:LONGEST_GIVEN].partition("\0")[0], depth=0)))


def _given(program: str, line: str, *, depth: int) -> Iterator[Given]:
    reader = _reader_of(program)
    words = _words(line)
    if reader is None or depth > _DEEPEST:
        return
    for given in reader(words[1:], line):
        if not given.text.strip():
            continue
        yield given
        if not given.is_file and (inner := _words(given.text)):
            yield from _given(inner[0].text, given.text, depth=depth + 1)


def _words(line: str) -> list[_Word]:
    """Return the words of a command line without their quotation marks, each with where it ends."""
    found: list[_Word] = []
    for word in _WORD.finditer(line):
        text = _QUOTATION.sub(lambda mark: '"' if len(mark[0]) > 1 else "", word[0])
        found.append(_Word(text, word.start(), word.end()))
        if len(found) == _MOST_WORDS:
            break
    return found


def _powershell(words: Sequence[_Word], line: str) -> Iterator[Given]:
    number = 0
    while number < len(words):
        word, following = words[number].text, words[number + 1].text if number + 1 < len(words) else ""
        number += 1
        if word[:1] not in _DASHES or not word:
            yield Given(word, is_file=True)  # as PowerShell 7 takes it; 5 takes it and the rest for a command
            yield Given(line[words[number - 1].start :], is_file=False)
            return
        name = _SHORT.get(word[1:].casefold(), word[1:].casefold())
        if name and "encodedcommand".startswith(name):
            yield Given(_decoded(following), is_file=False)
            number += 1
        elif name and "file".startswith(name):
            yield Given(following, is_file=True)
            return
        elif name and "command".startswith(name):
            yield Given(_unquoted(line[words[number - 1].end :]), is_file=False)
            return
        elif name and any(one.startswith(name) for one in _WITH_VALUE):
            number += 1


def _decoded(text: str) -> str:
    """Return the text of base64 in UTF-16, as ``-EncodedCommand`` has it; empty if it is none."""
    try:
        raw = base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
    except (binascii.Error, ValueError):
        return ""
    return raw[: len(raw) & ~1].decode("utf-16-le", "replace")


def _unquoted(text: str) -> str:
    text = text.strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


def _cmd(words: Sequence[_Word], line: str) -> Iterator[Given]:
    for word in words:
        if not word.text.startswith("/"):
            return
        for switch in ("/c", "/k", "/r"):
            before, found, glued = word.text.casefold().partition(switch)
            if found:
                rest = line[word.end :]
                yield Given(_unquoted(f"{word.text[len(before) + 2 :]}{rest}" if glued else rest), is_file=False)
                return


def _script_host(words: Sequence[_Word], _line: str) -> Iterator[Given]:
    script = next((word for word in words if not word.text.startswith("//")), None)
    if script is not None:
        yield Given(script.text, is_file=True)


def _mshta(words: Sequence[_Word], line: str) -> Iterator[Given]:
    for word in words[:1]:
        if _SCRIPT_TEXT.match(word.text):
            yield Given(line[word.start :], is_file=False)
        else:
            yield Given(word.text, is_file=True)


def _library(words: Sequence[_Word], line: str) -> Iterator[Given]:
    """Read what rundll32 and control load: a comma parts it from the word that is called."""
    for word in words:
        if word.text.startswith(("-", "/")):
            continue
        if _SCRIPT_TEXT.match(word.text):
            yield Given(line[word.start :], is_file=False)
        else:
            yield Given(word.text.partition(",")[0], is_file=True)
        return


def _registrar(words: Sequence[_Word], _line: str) -> Iterator[Given]:
    """Read what is registered: every word that is no switch, and what ``/i:`` names."""
    for word in words:
        if not word.text.startswith(("-", "/")):
            yield Given(word.text, is_file=True)
        elif word.text[1:3].casefold() == "i:":
            yield Given(word.text[3:], is_file=True)


def _installer(words: Sequence[_Word], _line: str) -> Iterator[Given]:
    for word in words:
        if not word.text.startswith(("-", "/")):
            if "=" not in word.text:
                yield Given(word.text, is_file=True)
        elif word.text[1:2].casefold() in set("afijpxyz") and ("\\" in word.text or "." in word.text):
            yield Given(word.text[2:], is_file=True)


def _whole_rest(words: Sequence[_Word], line: str) -> Iterator[Given]:
    if words:
        yield Given(line[words[0].start :], is_file=False)


def _language(
    commands: frozenset[str],
    *,
    values: frozenset[str] = frozenset(),
    files: frozenset[str] = frozenset(),
    none: str = "",
) -> _WordReader:
    """Return how a language is read.

    Args:
        commands: options whose value is a program text.
        values: options whose value is something else.
        files: options whose value is a file that is run, too.
        none: the option behind which there is no file.
    """

    def read(words: Sequence[_Word], _line: str) -> Iterator[Given]:
        waiting = iter(words)
        for word in waiting:
            if word.text in commands:
                yield from (Given(value.text, is_file=False) for value in [next(waiting, None)] if value)
                return
            if word.text == none:
                return
            if word.text in files:
                yield from (Given(value.text, is_file=True) for value in [next(waiting, None)] if value)
            elif word.text in values:
                next(waiting, None)
            elif not word.text.startswith("-"):
                yield Given(word.text, is_file=True)
                return

    return read


def _java(words: Sequence[_Word], _line: str) -> Iterator[Given]:
    waiting = iter(words)
    for word in waiting:
        if word.text == "-jar":
            yield from (Given(value.text, is_file=True) for value in [next(waiting, None)] if value)
            return
        if word.text in ("-cp", "-classpath", "--class-path"):
            value = next(waiting, None)
            yield from (Given(part, is_file=True) for part in (value.text.split(";")[:64] if value else ()))
        elif word.text.startswith("-javaagent:"):
            yield Given(word.text.removeprefix("-javaagent:").partition("=")[0], is_file=True)
        elif not word.text.startswith("-"):
            return


_READERS: Mapping[str, _WordReader] = {
    r"powershell|pwsh|powershell_ise": _powershell,
    r"cmd": _cmd,
    r"[wc]script": _script_host,
    r"mshta|hh": _mshta,
    r"rundll32|control": _library,
    r"regsvr32|regasm|regsvcs|installutil|msbuild": _registrar,
    r"msiexec": _installer,
    r"conhost|forfiles": _whole_rest,
    r"py|pyw|pythonw?[\d.]*w?": _language(frozenset({"-c"}), values=frozenset({"-W", "-X"}), none="-m"),
    r"node": _language(frozenset({"-e", "--eval", "-p", "--print"}), files=frozenset({"-r", "--require", "--import"})),
    r"w?perl[\d.]*|rubyw?[\d.]*|lua[\d.]*": _language(frozenset({"-e", "-E"}), values=frozenset({"-I"})),
    r"php(?:-cgi|-win)?[\d.]*": _language(frozenset({"-r"}), values=frozenset({"-d", "-c"}), files=frozenset({"-f"})),
    r"autoit3?(?:_x64)?|autohotkey\w*": _registrar,
    r"javaw?": _java,
}
_PATTERNS = [(re.compile(pattern, re.IGNORECASE | re.ASCII), reader) for pattern, reader in _READERS.items()]


def _reader_of(program: str) -> _WordReader | None:
    name = program.replace("/", "\\").rpartition("\\")[2].casefold().removesuffix(".exe")
    return next((reader for pattern, reader in _PATTERNS if pattern.fullmatch(name)), None)


# Which files of the tree a command of Windows names, for the account that runs it.

_VERSION = "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion"
_VARIABLES = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment"
_MOST_REMEMBERED = 50_000

type _Reader = Callable[..., tuple[bytes, ...]]
"""What finds names in a text."""


class WindowsNames:
    """What names mean on one machine. Variables come from its registry, where that can be read."""

    def __init__(self, host: Host, removed: Removed) -> None:
        self._tree = host.tree
        self._removed = removed
        self._machine = _machine(host)
        self._users: dict[bytes, Environment] = {}
        self._known: dict[tuple[_Reader, str, bytes, bytes], tuple[bytes, ...]] = {}

    def files(self, command: str, home: bytes, folder: bytes = b"") -> tuple[bytes, ...]:
        """Return the files that a command names and that are or were there; if none, the one that it likeliest means.

        A bare word that is no file of the folders that are searched means nothing.

        Args:
            command: text of Windows.
            home: the profile of the account, a path of the tree; ``/`` for the system.
            folder: where relative names are meant, a path of the tree; else the profile.
        """
        return self._found(files_named, command, home, folder)

    def file(self, name: str, home: bytes, folder: bytes = b"") -> tuple[bytes, ...]:
        """Return the file that a name means which is known to be one of a file, as ``files`` does."""
        return self._found(named_file, name, home, folder)

    def _found(self, reader: _Reader, command: str, home: bytes, folder: bytes) -> tuple[bytes, ...]:
        text = command[:LONGEST]
        key = reader, text, home, folder
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            environment = self._environment(home)
            there = self._named(folder) or environment.get("USERPROFILE", environment["SYSTEMDRIVE"] + "\\")
            paths = reader(text, environment, folder=there)
            likeliest = paths[:1] if "\\" in text or "/" in text else ()
            found = self._known[key] = tuple(filter(self._is_file, paths)) or likeliest
        return found

    def _is_file(self, path: bytes) -> bool:
        return self._tree.exists(path) or path in self._removed

    def _named(self, path: bytes) -> str:
        """Return a path of the tree as Windows has it; empty for an empty one."""
        drive, rest = (path[1:3], path[3:]) if path[2:3] == b":" else (b"", path)
        text = rest.decode("utf-8", "surrogatepass").replace("/", "\\")
        return f"{drive.decode() or self._machine['SYSTEMDRIVE']}{text or '\\'}" if path else ""

    def _environment(self, home: bytes) -> Environment:
        if home in (b"", b"/"):
            return self._machine
        if home not in self._users:
            profile = self._named(home)
            is_older = not self._tree.exists(home + b"/AppData") and self._tree.exists(home + b"/Application Data")
            self._users[home] = user_environment(self._machine, profile, is_older=is_older)
        return self._users[home]


def _machine(host: Host) -> Environment:
    drive, more = "C:", dict[str, str]()
    try:
        if host.registry is not None:
            root = host.registry.value(_VERSION, "SystemRoot")
            if root and root.text[1:2] == ":" and root.text[:1].isalpha():
                drive = root.text[:2].upper()
            more = dict(_variables(host))
    except RegistryError:
        pass  # the registry names it among its troubles; what is from the factory is taken
    is_older = not host.tree.exists(b"/ProgramData") and host.tree.exists(b"/Documents and Settings/All Users")
    factory = older_machine_environment(drive) if is_older else machine_environment(drive)
    drives = {OTHER_DRIVES: "".join(_other_drives(host))}
    return {**more, **factory, **({"PATH": more["PATH"]} if "PATH" in more else {}), **drives}


def _other_drives(host: Host) -> Iterator[str]:
    """Yield the letters of the other drives that the tree has: no folder of Windows has such a name."""
    with suppress(OSError):
        for entry in host.tree.scandir(b"/") if host.is_live else ():
            if len(entry.name) == 2 and entry.name[1:] == b":" and entry.name[:1].isalpha():
                yield entry.name[:1].decode().upper()


def _variables(host: Host) -> Iterator[tuple[str, str]]:
    for value in host.registry.values(_VARIABLES) if host.registry is not None else ():
        yield value.name.upper(), value.text


# Which files the processes of a running Windows were given to run.

_PROFILE = re.compile(rb"/(?:Users|Documents and Settings)/[^/]+", re.IGNORECASE)
_MOST_FILES = 64


class WindowsScripts:
    """Finds what processes of one machine were given to run."""

    def __init__(self, host: Host) -> None:
        self._names = WindowsNames(host, Removed(host))

    def of(self, process: Process) -> tuple[bytes, ...]:
        """Return the files that an interpreter was given: those that are there, or the likeliest if none is.

        Variables are those of the person in whose profile the process is, or its program.
        """
        line = b" ".join(process.arguments).decode("utf-8", "surrogatepass")
        given = given_to_run(process.executable.decode("utf-8", "surrogatepass"), line)
        profiles = (_PROFILE.match(path) for path in (process.cwd, process.executable))
        home = next((profile[0] for profile in profiles if profile), b"/")
        found: dict[bytes, None] = {}
        for one in given:
            meant = self._names.file if one.is_file else self._names.files
            found |= dict.fromkeys(meant(one.text, home, process.cwd))
        return tuple(found)[:_MOST_FILES]
