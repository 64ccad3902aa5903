"""JSON of others, read within bounds."""

import json
from typing import Any

from quetsach.packs.errors import PackError

LARGEST_BYTES = 32 << 20


def read_json(content: bytes, file: str) -> Any:
    """Return the value of a JSON file.

    Raises:
        PackError: it is too large, too deep or no JSON.
    """
    if len(content) > LARGEST_BYTES:
        raise PackError(f"larger than {LARGEST_BYTES:,} bytes", where=file, hint="export it in parts")
    try:
        return json.loads(content.decode("utf-8-sig"), parse_int=_number)
    except RecursionError:
        raise PackError("nested too deeply", where=file, hint="export it again") from None
    except ValueError as error:  # of UTF-8 too
        raise PackError(f"not valid JSON: {str(error)[:80]}", where=file, hint="export it again") from None


def table(value: Any) -> dict[str, Any]:
    """Return a value that should be an object; an empty one if it is none."""
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:
    """Return a value that should be a list; an empty one if it is none."""
    return value if isinstance(value, list) else []


def text(value: Any) -> str:
    """Return a value that should be a text; empty if it is none."""
    return value if isinstance(value, str) else ""


def _number(digits: str) -> int:
    return int(digits[:20])
