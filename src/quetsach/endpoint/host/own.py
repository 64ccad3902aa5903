"""How the tool opens files of its own."""

from enum import Enum, auto


class Own(Enum):
    """What an own file is opened for. A link in its place is never followed; no started program inherits it."""

    READ = auto()
    """To be read; it must be there."""
    NEW = auto()
    """To be read and written; it must not be there."""
    FRESH = auto()
    """To be written from the start, whatever was there."""
    KEPT = auto()
    """To be read and written, with what is in it; made where it is not there."""
