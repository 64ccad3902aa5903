r"""What an interpreter of Windows was given to run: ``wscript x.js``, ``rundll32 x.dll,Run``, ``powershell -enc ...``.

Nothing is opened here. A command line is what malware wrote, so it is bounded, and one that makes no sense gives
nothing. Sources: Microsoft Learn, "about_PowerShell_exe", "about_Pwsh", "cmd", "wscript", "regsvr32", "rundll32",
"msiexec", "CommandLineToArgvW"; the manuals of Python, Node.js, Java, Perl, Ruby, PHP and AutoIt.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

LONGEST = 32_767
"""Characters in a command line of Windows; more are not read."""

_MOST_WORDS = 512
_DEEPEST = 3
_WORD = re.compile(r'(?:\\+"|[^\s"]|"(?:\\+"|[^"])*(?:"|$))+', re.ASCII)
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


type _Reader = Callable[[Sequence[_Word], str], Iterator[Given]]
"""Reads the words behind the program; the whole line is given, too."""


def given_to_run(program: str, command_line: str) -> tuple[Given, ...]:
    """Return what a program was given to run; nothing for one that is no interpreter.

    Other programs that have a file among their arguments, such as an editor, do not run it.

    Args:
        program: the name of its file, with or without a folder.
        command_line: all of it, the program first.
    """
    return tuple(dict.fromkeys(_given(program, command_line[:LONGEST].partition("\0")[0], depth=0)))


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
) -> _Reader:
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


_READERS: Mapping[str, _Reader] = {
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


def _reader_of(program: str) -> _Reader | None:
    name = program.replace("/", "\\").rpartition("\\")[2].casefold().removesuffix(".exe")
    return next((reader for pattern, reader in _PATTERNS if pattern.fullmatch(name)), None)
