"""Names of files: bytes in the tool, UTF-16 in Windows."""

import errno

_NOT_THERE = "No such file or directory"


def text_of(name: bytes) -> str:
    """Return a name as Windows has it; ``b"."`` is empty, the folder itself.

    Raises:
        FileNotFoundError: there can be no such name: it holds what parts names, or is no text.
    """
    if name == b".":
        return ""
    try:
        text = name.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        raise FileNotFoundError(errno.ENOENT, _NOT_THERE) from None
    if name in (b"", b"..") or not {"/", "\\", "\0"}.isdisjoint(text):
        raise FileNotFoundError(errno.ENOENT, _NOT_THERE)
    return text


def plain_text_of(name: bytes) -> str:
    """Return the name of a file or folder and of no stream, see ``text_of``."""
    if b":" in name:
        raise FileNotFoundError(errno.ENOENT, _NOT_THERE)
    return text_of(name)


def bytes_of(text: str) -> bytes:
    """Return a name of Windows as the tool has it."""
    return text.encode("utf-8", "surrogatepass")
