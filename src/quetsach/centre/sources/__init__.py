"""Sources of feeds, which the centre fetches itself: each a file of TOML, asked when it is due."""

from quetsach.core.errors import QuetsachError


class SourceError(QuetsachError):
    """A source cannot be asked, does not answer as it should, or is described wrongly."""
