"""The event subscriptions of the running Windows; satisfies ``Subscriptions``.

The repository is asked anew for every answer. Which file keeps a subscription, and which were deleted, the collector
reads by itself (``collect.windows.wmi``); here is only what Windows would run.
"""

import re
from collections.abc import Iterator
from contextlib import suppress

from quetsach.endpoint.host.nt.wmi_calls import WmiCalls
from quetsach.endpoint.host.subscriptions import StoredObject, Subscription, alike

_NAMESPACES = ("root\\subscription", "root\\default")
_FILTER, _BINDING = "__EventFilter", "__FilterToConsumerBinding"
_KIND = re.compile(r"\w+EventConsumer|__EventFilter")
_REFERENCE = re.compile(r'(\w+)\.Name="((?:[^"\\]|\\.)*)"')
_MOST = 10_000


class NtSubscriptions:
    """The subscriptions, over the calls of the management service."""

    def __init__(self, calls: WmiCalls) -> None:
        self._calls = calls

    def read(self, subscription: Subscription) -> tuple[StoredObject, ...]:
        """Return filter, consumer and bindings of a subscription, as far as they are there."""
        if not _KIND.fullmatch(subscription.kind):
            return ()
        return tuple(one for namespace in _NAMESPACES for one in self._read(namespace, subscription))

    def remove(self, stored: StoredObject) -> None:
        """Remove one object."""
        with suppress(FileNotFoundError):
            self._calls.delete(stored.namespace, stored.path)

    def put(self, stored: StoredObject) -> None:
        """Put one object back."""
        self._calls.compile(stored.namespace, stored.text)

    def holds(self, stored: StoredObject) -> bool:
        """Return whether an object is there, with the content that it had."""
        kind = stored.path.partition(".")[0]
        there = (one for one in self._objects(stored.namespace, kind) if one.path.lower() == stored.path.lower())
        return any(alike((one.text, stored.text)) for one in there)

    def _read(self, namespace: str, subscription: Subscription) -> Iterator[StoredObject]:
        bindings = {binding: _named(binding.path) for binding in self._objects(namespace, _BINDING)}
        consumer, filter_ = (subscription.kind, subscription.consumer), (_FILTER, subscription.filter)
        own = [one for one, named in bindings.items() if _has(named, consumer) and _has(named, filter_)]
        others = [named for one, named in bindings.items() if one not in own]
        for kind, name in (filter_, consumer):
            if name and not any(_has(named, (kind, name)) for named in others):
                yield from (one for one in self._objects(namespace, kind) if _has(_named(one.path), (kind, name)))
        yield from own

    def _objects(self, namespace: str, kind: str) -> list[StoredObject]:
        return [one for one, _ in zip(self._calls.objects(namespace, kind), range(_MOST), strict=False)]


def _named(path: str) -> tuple[tuple[str, str], ...]:
    """Return class and name of each object that a path names: the object itself, or those that a binding joins."""
    if path.startswith(_BINDING):
        path = _unquoted(path)
    return tuple((kind, _unquoted(name)) for kind, name in _REFERENCE.findall(path))


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _has(named: tuple[tuple[str, str], ...], wanted: tuple[str, str]) -> bool:
    """Return whether an object is among those named; names of WMI are the same in any case of their letters."""
    return any((kind.lower(), name.lower()) == (wanted[0].lower(), wanted[1].lower()) for kind, name in named)
