"""Deliveries on their way to the lake from other machines: files that lie in a shared folder, messages in JetStream."""

from quetsach.core.errors import QuetsachError


class QueueError(QuetsachError):
    """The queue cannot be used as it is set up, or does not answer."""
