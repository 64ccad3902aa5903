"""Which files a text of Windows names: paths in commands, and where links of NTFS lead."""

import re
import struct
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

# Which files a text of Windows names: ``"%ProgramFiles%\x\y.exe" /q``, ``\??\C:\x.sys``, ``rundll32 x.dll,Start``.
#
# Nothing is opened here: what is given are all paths that Windows might mean, for the caller to see which exist.
# Sources: Microsoft Learn, "CreateProcessW" (how a command without quotation marks is tried word by word), "Naming
# Files, Paths, and Namespaces" (prefixes, dots and spaces at the end), "SearchPathW".
#
# Paths of other machines are none of this tree, nor are those of other drives, unless ``OTHER_DRIVES`` of the
# environment names them: then ``D:\x`` is ``/D:/x``. ``\Device\HarddiskVolumeN`` is taken for the drive of the system.

type Environment = Mapping[str, str]
"""Variables by their names in capitals."""

LONGEST = 32_767
"""Characters in a command line of Windows; more are not read."""

MOST_PATHS = 64

OTHER_DRIVES = "=DRIVES"
"""The variable that holds the letters of the other drives of a tree: no program can have set one of that name."""

_LONGEST_VALUE = 2_048
_SEARCHED_FOLDERS = 40
_WORDS_TRIED = 12
_PROGRAMS = "exe|com|bat|cmd|scr|pif|msc|cpl|sys|drv|ocx|dll|ax|msi"
_SCRIPTS = "ps1|psm1|vbs|vbe|js|jse|wsf|wsh|hta|py|pyw|jar|lnk|url|inf|sct|xsl|tmp|dat|bin"
_KNOWN = re.compile(rf"\.(?:{_PROGRAMS}|{_SCRIPTS})$", re.IGNORECASE)
_ROOTED = re.compile(
    r"(?:[a-z]:[\\/]|\\\?\?\\|\\\\[?.]\\|\\systemroot\\|\\device\\)"
    rf"(?:[^\"'<>|*?\n]{{1,260}}?\.(?:{_PROGRAMS}|{_SCRIPTS})(?::[^\s\"',;|&<>)]+)?(?=[\s,\"';|&<>)]|$)"
    r"|[^\s\"',;|&<>)]+)",
    re.IGNORECASE | re.ASCII,
)
_WORD = re.compile(r"[^\s\"',;=|&<>()]+", re.ASCII)
_LIBRARY = re.compile(r"rundll32(?:\.exe)?\"?\s+(?:\"([^\"]{1,260})\"|([^\s\",]{1,260}))", re.IGNORECASE | re.ASCII)
"""What rundll32 loads, whatever its ending; a comma parts it from the word that it calls."""

_SPACES = " \t\r\n"
"""What parts words. A no-break space does not: worms name folders so."""

_VARIABLE = re.compile(r"%([^%\s]{1,64})%|\$\{?env:([a-z0-9_()]{1,64})\}?", re.IGNORECASE)
_PREFIXES = ("\\??\\", "\\\\?\\", "\\\\.\\", "\\dosdevices\\", "\\global??\\", "globalroot\\")
_DEVICE = re.compile(r"\\device\\harddisk(?:volume\d+|\d+\\partition\d+)\\|volume\{[0-9a-f-]{36}\}\\", re.IGNORECASE)
_SYSTEM_FOLDERS = ("system32\\", "syswow64\\", "sysnative\\")


def machine_environment(drive: str = "C:") -> dict[str, str]:
    """Return the variables that every program of a Windows has from the factory."""
    return {
        "SYSTEMDRIVE": drive,
        "SYSTEMROOT": rf"{drive}\Windows",
        "WINDIR": rf"{drive}\Windows",
        "PROGRAMFILES": rf"{drive}\Program Files",
        "PROGRAMFILES(X86)": rf"{drive}\Program Files (x86)",
        "PROGRAMW6432": rf"{drive}\Program Files",
        "COMMONPROGRAMFILES": rf"{drive}\Program Files\Common Files",
        "COMMONPROGRAMFILES(X86)": rf"{drive}\Program Files (x86)\Common Files",
        "PROGRAMDATA": rf"{drive}\ProgramData",
        "ALLUSERSPROFILE": rf"{drive}\ProgramData",
        "PUBLIC": rf"{drive}\Users\Public",
        "COMSPEC": rf"{drive}\Windows\system32\cmd.exe",
        "TEMP": rf"{drive}\Windows\Temp",
        "TMP": rf"{drive}\Windows\Temp",
        "PATH": rf"{drive}\Windows\system32;{drive}\Windows;{drive}\Windows\System32\Wbem",
    }


def older_machine_environment(drive: str = "C:") -> dict[str, str]:
    """Return these variables of a Windows before Vista."""
    common = rf"{drive}\Documents and Settings\All Users"
    return {**machine_environment(drive), "ALLUSERSPROFILE": common, "PROGRAMDATA": rf"{common}\Application Data"}


def user_environment(machine: Environment, home: str, *, is_older: bool = False) -> dict[str, str]:
    r"""Return the variables of one person, whose profile is ``home`` (``C:\Users\An``).

    ``is_older``: of a Windows before Vista, which has no ``AppData``.
    """
    roaming, local = ("Application Data", "Local Settings") if is_older else (r"AppData\Roaming", r"AppData\Local")
    return {
        **machine,
        "USERPROFILE": home,
        "HOMEDRIVE": home[:2],
        "HOMEPATH": home[2:],
        "APPDATA": rf"{home}\{roaming}",
        "LOCALAPPDATA": rf"{home}\{local}\Application Data" if is_older else rf"{home}\{local}",
        "TEMP": rf"{home}\{local}\Temp",
        "TMP": rf"{home}\{local}\Temp",
    }


def expanded(text: str, environment: Environment) -> str:
    """Return a text with ``%NAME%`` and PowerShell's ``$env:NAME`` replaced; names that do not exist stay."""
    for _ in range(2):  # a variable may be made of others
        text = _VARIABLE.sub(lambda found: _value(found, environment), text)[:LONGEST]
    return text


def files_named(command: str, environment: Environment, *, folder: str = "") -> tuple[bytes, ...]:
    r"""Return every file that a command may name, program and arguments, as paths of the tree, likeliest first.

    Relative names are meant in ``folder``, if one is given: the drive (``C:\``) of an autorun.inf, the working folder
    of a shortcut. For a stream of a file (``x.txt:evil.exe``) both stream and file are given. At most ``MOST_PATHS``.
    """
    text = expanded(command[:LONGEST].split("\0", 1)[0].strip(_SPACES), environment)
    return _all_meant(_names(text), environment, folder)


def named_file(name: str, environment: Environment, *, folder: str = "") -> tuple[bytes, ...]:
    """Return every file that a name may mean which is known to be one, spaces and all, as ``files_named`` does."""
    return _all_meant((expanded(name[:LONGEST].split("\0", 1)[0], environment),), environment, folder)


def _all_meant(names: Iterable[str], environment: Environment, folder: str) -> tuple[bytes, ...]:
    found: dict[bytes, None] = {}
    for name in names:
        for path in _meant(name, environment, folder):
            found[path] = None
            drive, rest = (path[:3], path[3:]) if path[2:3] == b":" else (b"", path)
            base, colon, _ = rest.partition(b":")
            if colon and not (base := base.rstrip(b". ")).endswith(b"/"):
                found[drive + base] = None
        if len(found) >= MOST_PATHS:
            break
    return tuple(found)[:MOST_PATHS]


def path_of(text: str, environment: Environment) -> bytes | None:
    """Return a path of Windows, without variables or arguments, as a path of the tree; ``None`` if it is none of it."""
    path = _below_drive(text, environment)
    return None if path is None else _joined(path)


def _below_drive(text: str, environment: Environment) -> str | None:
    """Return what a path says behind its drive, in backslashes; ``None`` if it is not on a drive of the tree.

    That is the drive of the system; another one of the tree stays before it.
    """
    path = text.strip(_SPACES).strip('"').replace("/", "\\")
    is_device = False
    while prefix := next((prefix for prefix in _PREFIXES if path[:16].casefold().startswith(prefix)), ""):
        path, is_device = path[len(prefix) :], True
        if path[:11].casefold() == "globalroot\\":
            path = path[10:]
    if volume := _DEVICE.match(path):
        return path[volume.end() :]
    root = environment.get("SYSTEMROOT", "C:\\Windows")
    lower = path[:12].casefold()
    if lower.startswith("\\systemroot\\"):
        path = root + path[11:]
    elif lower.startswith(_SYSTEM_FOLDERS):
        path = f"{root}\\{path}"
    if path[1:2] == ":":
        drive = path[:1].upper()
        if f"{drive}:" == environment.get("SYSTEMDRIVE", "C:").upper():
            return path[2:]
        return f"{drive}:\\{path[2:]}" if drive.isascii() and drive in environment.get(OTHER_DRIVES, "") else None
    return path[1:] if path.startswith("\\") and not path.startswith("\\\\") and not is_device else None


def _names(text: str) -> Iterator[str]:
    """Yield the pieces of a command that may name a file: its program, paths anywhere in it, names with an ending.

    A library may have any ending, so a word with a folder is taken for a name too.
    """
    if text.startswith('"'):
        yield text[1:].partition('"')[0]
    else:
        yield from _word_by_word(text)
    for library in _LIBRARY.finditer(text):
        yield library[1] or library[2]
    for rooted in _ROOTED.finditer(text):
        yield rooted[0]
    for word in _WORD.findall(text):
        if _KNOWN.search(word) or "\\" in word:
            yield word


def _word_by_word(text: str) -> Iterator[str]:
    """Yield what Windows tries for a program without quotation marks: the first word, the first two, and so on."""
    ends = (found.start() for found in islice(re.finditer(r"\s|$", text, re.ASCII), _WORDS_TRIED))
    for end in ends:
        yield text[:end]
        if _KNOWN.search(text[:end]):
            return


def _meant(name: str, environment: Environment, folder: str) -> Iterator[bytes]:
    name = name.strip(_SPACES)
    last = name.replace("/", "\\").rsplit("\\", 1)[-1].rstrip(_SPACES)
    endings = ("",) if _KNOWN.search(last) else ("", ".exe")
    is_bare = bool(last) and last == name and ":" not in name
    is_relative = bool(folder) and not name.startswith("\\") and name[1:2] != ":"
    places = [f"{folder.rstrip('\\')}\\"] if is_relative else []
    for place in (*places, *(_searched(environment) if is_bare else ("",))):
        for ending in endings if last else ():
            path = _below_drive(f"{place}{name}{ending}", environment)
            for found in dict.fromkeys((_joined(path), _as_written(path))) if path is not None else ():
                if found != b"/" and not (len(found) == 3 and found.endswith(b":")):
                    yield found


def _searched(environment: Environment) -> Iterator[str]:
    root = environment.get("SYSTEMROOT", "C:\\Windows")
    folders = [f"{root}\\System32", root, *expanded(environment.get("PATH", ""), environment).split(";")]
    for folder in dict.fromkeys(folder.strip().strip('"').casefold() for folder in folders[:_SEARCHED_FOLDERS]):
        if folder:
            yield f"{folder}\\"


def _joined(path: str) -> bytes:
    """Return a path without dots, and without the dots and spaces at the end of names, which Windows takes off."""
    return _tree_path(name if name == ".." else name.rstrip(". ") for name in path.split("\\"))


def _as_written(path: str) -> bytes:
    """Return a path with the dots and spaces of its names: NTFS keeps them, and what hides behind ``   `` uses that."""
    return _tree_path("" if name == "." else name for name in path.split("\\"))


def _tree_path(parts: Iterable[str]) -> bytes:
    names: list[str] = []
    for part in parts:
        if part == "..":
            del names[-1:]
        elif part:
            names.append(part)
    return ("/" + "/".join(names)).encode("utf-8", "surrogatepass")


def _value(found: re.Match[str], environment: Environment) -> str:
    value = environment.get((found[1] or found[2]).upper())
    return found[0] if value is None or len(value) > _LONGEST_VALUE else value


# Where junctions and symbolic links of NTFS lead, from their own record ([MS-FSCC] 2.1.2.4 and 2.1.2.5).
#
# What ntfs-3g shows as the target of a link is a guess: it leads to this drive whatever drive the record names.

ATTRIBUTE = "system.ntfs_reparse_data"
"""The attribute in which ntfs-3g gives the record."""

_JUNCTION, _SYMLINK = 0xA000_0003, 0xA000_000C
_HEADS = {_JUNCTION: 16, _SYMLINK: 20}
"""Where the names begin; between them and the four numbers of either kind a symbolic link has its flags."""


def target_of(record: bytes) -> bytes | None:
    r"""Return the name to go to of a record, in UTF-8: ``\??\C:\Users``, or relative; ``None`` for another kind."""
    if len(record) < 20:
        return None
    tag, _, _, start, size = struct.unpack_from("<IHHHH", record)
    head = _HEADS.get(tag)
    if head is None or head + start + size > len(record):
        return None
    name = record[head + start : head + start + (size & ~1)]
    return name.decode("utf-16-le", "surrogatepass").encode("utf-8", "surrogatepass")
