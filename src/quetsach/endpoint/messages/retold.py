"""Sentences that reach a reader as English: answers of systems, notes of journals, what is raised below texts.

A journal and a report keep the note of a step in English, which is the id of its sentences (ADR 0155): any version
reads it, and tells it as its own catalogues have it. Sentences with values are known by their form.
"""

import re
from functools import cache

from quetsach.core.text import SystemText, Text

_ANSWERS = (
    Text("Permission denied"),
    Text("Operation not permitted"),
    Text("No such file or directory"),
    Text("No space left on device"),
    Text("Disk quota exceeded"),
    Text("Read-only file system"),
    Text("Input/output error"),
    Text("Is a directory"),
    Text("Not a directory"),
    Text("File exists"),
    Text("File too large"),
    Text("Text file busy"),
    Text("Device or resource busy"),
    Text("Too many levels of symbolic links"),
    Text("Too many open files"),
    Text("Cannot allocate memory"),
    Text("Operation not supported"),
    Text("Stale file handle"),
    Text("Invalid cross-device link"),
    Text("Directory not empty"),
    Text("Too many links"),
    Text("Invalid argument"),
    Text("Bad file descriptor"),
    Text("Connection refused"),
    Text("Name or service not known"),
    Text("Temporary failure in name resolution"),
    Text("getaddrinfo failed"),
    Text("Network is unreachable"),
    Text("timed out"),
    Text("the system refused"),
)
"""What operating systems say."""
_SYSTEM_CALLS = (
    Text("another program has it open"),
    Text("it is kept in a cloud and not on this disk"),
    Text("Windows says {number}"),
    Text("it leads to another drive or machine"),
    Text("not an absolute path"),
    Text("it is encrypted for one user and could not be put back so"),
    Text("the file did not get its attributes back"),
    Text("the file did not get its times back"),
    Text("Windows keeps nothing like {name} with a file"),
    Text("the file did not get its short name back"),
    Text("the file did not get its streams back"),
    Text("it has a stream that is too large to be put back"),
    Text("the image has no file in this tree"),
    Text("another file has the name of the image"),
    Text("Windows would stop with the process"),
    Text("renamed while it was read"),
    Text("there is no such object"),
    Text("the idle process cannot be opened"),
    Text("there is no process of this number"),
    Text("larger than what is looked at"),
    Text("written to while it was read"),
    Text("a stream of it was changed while it was read"),
    Text("the file stays read-only"),
    Text("the file did not get its owner and access list back"),
    Text("disks of other systems are looked at from a Linux"),
    Text("not a security descriptor"),
    Text("a link is in the place of the file"),
    Text("not a regular file"),
    Text("not a link that leads to a path"),
    Text("the file was exchanged while it was removed"),
    Text("the file was exchanged while it was opened"),
    Text("another program keeps it from being removed"),
    Text("the link was exchanged while it was made"),
    Text("the path was exchanged while it was followed"),
    Text("the process list cannot be read"),
    Text("a stream of a file is reported and not removed"),
    Text("kept in a way that is not read here"),
    Text("it has streams, which this mount does not let be put back"),
    Text("larger than what is read of such a file"),
)
"""What an ``OSError`` of ours says, in the place of what a system would."""
_NOTES = (
    Text("the file was not removed"),
    Text("what was taken is there again already"),
    Text("a stopped unit is not started again"),
    Text("it runs again after the next start of Windows"),
    Text("the task runs again after the next start of Windows"),
    Text("some keys have other permissions than before"),
    Text("there was nothing to take back"),
    Text("the folder was marked otherwise since"),
    Text("the folder is not there any more"),
    Text("the program's file was deleted before; its image is sealed"),
    Text("an ended process is not started again"),
    Text("its image is taken out with: quetsach quarantine restore {item} --to FILE"),
    Text("{newer} of {count} were changed since, so the newer ones were kept"),
    Text("{left} were too large to be recorded one by one"),
    Text("{left} were too large to be recorded one by one; they are in the sealed hive"),
    Text("the file has {count} more name(s) elsewhere; a full scan finds them"),
)
"""What the note of a step says that is no error."""
_BELOW_TEXTS = (
    Text("not a period: {text}"),
    Text("write it as 2020-06-16..2020-07-15"),
    Text("not a day: {text}"),
    Text("write it as 2020-06-16"),
    Text("a period ends before it begins: {first}..{last}"),
)
"""What ``core.period`` refuses, on which texts themselves stand."""

_PLACE = re.compile(r"\{(\w+)\}")


def retold(sentence: str, language: str) -> str:
    """Return an English sentence in a language; as it is where the catalogues do not know it."""
    told = SystemText(sentence).in_language(language) if sentence else ""
    if told != sentence:
        return told
    for pattern, text in _forms():
        if found := pattern.fullmatch(sentence):
            values = {name: SystemText(value) for name, value in found.groupdict().items()}
            return text.with_values(**values).in_language(language)
    return sentence


@cache
def _forms() -> tuple[tuple[re.Pattern[str], Text], ...]:
    """Return the sentences that have values, by their form."""
    known = (*_SYSTEM_CALLS, *_NOTES, *_BELOW_TEXTS)
    return tuple((form_of(text), text) for text in known if "{" in text.sentence)


def form_of(text: Text) -> re.Pattern[str]:
    """Return the form of a sentence, with a group for each of its values."""
    first, *rest = _PLACE.split(text.sentence)
    pairs = zip(rest[::2], rest[1::2], strict=True)
    return re.compile(re.escape(first) + "".join(f"(?P<{name}>.+?){re.escape(end)}" for name, end in pairs), re.DOTALL)
