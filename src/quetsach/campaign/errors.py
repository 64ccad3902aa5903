"""What can be wrong with the description of a campaign."""

from quetsach.core.errors import QuetsachError


class CampaignError(QuetsachError):
    """A campaign's or scenario's file is not of the form it must have; ``where`` is file and field."""
