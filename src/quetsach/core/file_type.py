"""The file types by which a rule can say which files concern it."""

from enum import StrEnum


class FileType(StrEnum):
    """What a rule names in its meta ``file_types``; a rule without it concerns every file."""

    ELF = "elf"
    PE = "pe"
    MACHO = "macho"
    SCRIPT = "script"
    """A text that says itself which interpreter runs it."""
    TEXT = "text"
    """Any text, scripts included."""
    DOCUMENT = "document"
    """PDF, RTF, the old Office formats, and what is a zip file inside, as the new ones are."""
    ARCHIVE = "archive"
    LNK = "lnk"
    OTHER = "other"
