"""What can go wrong with people and their duties."""

from quetsach.core.errors import QuetsachError


class PeopleError(QuetsachError):
    """A person, a duty or an invitation cannot be changed so. The text is for the person at the desk."""
