"""What a running Windows does on events of its management service (WMI), as the tool uses it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription by names: what is done (``kind`` is the class of the consumer), and by which filter of events.

    ``filter`` is empty for a consumer that no binding names.
    """

    kind: str
    consumer: str
    filter: str


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object of the repository as text, with the name space that it is in and its path there."""

    namespace: str
    path: str
    text: str


class Subscriptions(Protocol):
    """The subscriptions of the running Windows. Every method may raise ``OSError``."""

    def read(self, subscription: Subscription) -> tuple[StoredObject, ...]:
        """Return what a subscription consists of, in the order to put it back; a filter that others use is left out."""

    def remove(self, stored: StoredObject) -> None:
        """Remove one object; nothing happens when it is not there."""

    def put(self, stored: StoredObject) -> None:
        """Put one object back."""

    def holds(self, stored: StoredObject) -> bool:
        """Return whether an object is there, with the content that it had."""


def alike(texts: Sequence[str]) -> bool:
    """Return whether texts of objects say the same: whoever puts one there is its maker by what Windows keeps."""
    return (
        len({"\n".join(line for line in text.splitlines() if "CreatorSID" not in line).strip() for text in texts}) == 1
    )
