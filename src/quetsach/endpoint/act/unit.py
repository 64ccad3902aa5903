"""Stopping units of a running service manager. Undo does not start them again."""

from dataclasses import dataclass

from quetsach.endpoint.act.shape import Facts, GoneError, Workplace
from quetsach.endpoint.errors import EndpointError
from quetsach.endpoint.keep.session import Progress
from quetsach.endpoint.plan.step import Outcome, Step, StopUnit


@dataclass(frozen=True, slots=True)
class UnitAct:
    """Stops a unit and has the service manager forget the files that were removed."""

    def look(self, where: Workplace, step: Step) -> Facts:
        """Return whether the unit is active."""
        if where.host.services is None:
            raise GoneError("there is no running service manager")
        return {"active": where.host.services.is_active(_unit(step))}

    def do(self, where: Workplace, step: Step, before: Facts) -> Facts:  # noqa: ARG002  (one shape for all)
        """Stop it and read its state again."""
        services = where.host.services
        if services is None:
            raise GoneError("there is no running service manager")
        is_stopped = services.stop(_unit(step))
        services.reload()
        if not is_stopped:
            raise EndpointError("the service manager did not stop the unit", hint="start the machine again")
        return {}

    def look_back(self, where: Workplace, progress: Progress) -> Facts:  # noqa: ARG002
        """Decide nothing."""
        return {}

    def undo(self, where: Workplace, progress: Progress, decision: Facts) -> tuple[Outcome, str]:  # noqa: ARG002
        """Keep the unit stopped."""
        return Outcome.KEPT, "a stopped unit is not started again"


def _unit(step: Step) -> bytes:
    assert isinstance(step.target, StopUnit)  # noqa: S101  (the table of acts decides)
    return step.target.unit
