"""The cells that no field takes, as one JSON object a row."""

import json
from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

_NEEDS_ESCAPE = r'["\\\x00-\x1f]'


def as_objects(columns: Mapping[str, pa.DictionaryArray], rows: int) -> pa.StringArray:
    """Return ``{"header name":"cell",…}`` for each row, with its non-empty cells in the order of the header.

    Only distinct cells are encoded, and only those with a character that JSON escapes one by one.
    """
    members = [_members(name, column) for name, column in columns.items() if pc.max(column.dictionary).as_py()]
    if not members:
        return pa.repeat(pa.scalar("{}"), rows)
    return pc.replace_substring(pc.binary_join_element_wise("{", *members, "}", ""), "{,", "{", max_replacements=1)


def _members(name: str, column: pa.DictionaryArray) -> pa.StringArray:
    """Return ``,"name":"cell"`` for each row, nothing where the cell is empty."""
    cells = column.dictionary
    key = f",{json.dumps(name, ensure_ascii=False)}:"
    if pc.any(pc.match_substring_regex(cells, _NEEDS_ESCAPE)).as_py():
        quoted = pa.array([json.dumps(cell, ensure_ascii=False) for cell in cells.to_pylist()], pa.string())
        encoded = pc.binary_join_element_wise(key, quoted, "")
    else:
        encoded = pc.binary_join_element_wise(key + '"', cells, '"', "")
    return pc.if_else(pc.equal(cells, ""), "", encoded).take(column.indices)
