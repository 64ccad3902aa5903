"""Removing an event subscription of a running Windows: binding, consumer and filter, each recorded as text first.

Windows keeps who made an object and gives it anew on undo; all else comes back.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from quetsach.endpoint.act.shape import Facts, GoneError, Workplace
from quetsach.endpoint.errors import EndpointError
from quetsach.endpoint.host.subscriptions import StoredObject, Subscription, Subscriptions
from quetsach.endpoint.keep.session import Progress
from quetsach.endpoint.plan.step import Outcome, RemoveSubscription, Step

_MOST_CHARACTERS = 1 << 20


@dataclass(frozen=True, slots=True)
class SubscriptionAct:
    """Removes one subscription."""

    def look(self, where: Workplace, step: Step) -> Facts:
        """Return the objects that it consists of, as text."""
        found = _subscriptions(where).read(_subscription(step))
        if not found:
            raise GoneError("Windows has no such subscription any more")
        if sum(len(one.text) for one in found) > _MOST_CHARACTERS:
            raise EndpointError(
                "what would go is too large to be recorded, or cannot be read, so it could not come back"
            )
        return {"live": True, "objects": [asdict(one) for one in found]}

    def do(self, where: Workplace, step: Step, before: Facts) -> Facts:
        """Remove what is left of it, the binding first, and ask again."""
        subscriptions = _subscriptions(where)
        for stored in reversed(_objects(before)):
            subscriptions.remove(stored)
        if subscriptions.read(_subscription(step)):
            raise EndpointError("Windows still has the subscription")
        return {}

    def look_back(self, where: Workplace, progress: Progress) -> Facts:
        """Decide which objects come back: those whose names nothing newer has."""
        there = {(one.namespace, one.path) for one in _subscriptions(where).read(_subscription(progress.step))}
        back = [one for one in _objects(progress.before or {}) if (one.namespace, one.path) not in there]
        return {"objects": [asdict(one) for one in back], "newer": len(there)}

    def undo(self, where: Workplace, progress: Progress, decision: Facts) -> tuple[Outcome, str]:  # noqa: ARG002
        """Put the objects back, and ask again."""
        subscriptions, back = _subscriptions(where), _objects(decision)
        if not back:
            return Outcome.KEPT, "there was nothing to take back"
        for stored in back:
            if not subscriptions.holds(stored):
                subscriptions.put(stored)
            if not subscriptions.holds(stored):
                raise EndpointError("Windows did not take an object of the subscription back")
        return (Outcome.REINSERTED if decision["newer"] else Outcome.RESTORED), ""


def _subscription(step: Step) -> Subscription:
    assert isinstance(step.target, RemoveSubscription)  # noqa: S101  (the table of acts decides)
    return step.target.subscription


def _subscriptions(where: Workplace) -> Subscriptions:
    if where.host.subscriptions is None:
        raise EndpointError("this Windows does not run", hint="start it, and try again there")
    return where.host.subscriptions


def _objects(facts: Mapping[str, Any]) -> list[StoredObject]:
    return [StoredObject(**one) for one in facts.get("objects", ())]
