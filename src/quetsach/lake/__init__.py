"""Sightings at rest: land, commit, deduplicate, query (DuckDB over Parquet)."""

from quetsach.core.errors import QuetsachError


class LakeError(QuetsachError):
    """The lake cannot be read or written, or something in it is not as it was written."""
