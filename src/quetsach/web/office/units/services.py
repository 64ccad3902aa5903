"""Changes of the tree."""

from datetime import date

from django.db import transaction

from quetsach.web.office.units.models import Edge, Position, Unit


@transaction.atomic
def positions_rebuild() -> int:
    """Work out every position from the edges; return how many there are."""
    Position.objects.all().delete()
    edges: dict[int, list[Edge]] = {}
    for edge in Edge.objects.select_related("unit"):
        edges.setdefault(edge.parent_id, []).append(edge)
    found: list[Position] = []
    waiting = [
        Position(unit=unit, path=f"/{unit.key}/", level=0, first=unit.opened, until=unit.closed)
        for unit in Unit.objects.filter(edges=None)
    ]
    while waiting:
        above = waiting.pop()
        found.append(above)
        for edge in edges.get(above.unit_id, ()):
            first = max(above.first, edge.first)
            until = _earlier(above.until, edge.until)
            if until is None or first < until:
                path = f"{above.path}{edge.unit.key}/"
                below = Position(unit=edge.unit, parent_id=above.unit_id, path=path, level=above.level + 1)
                below.first, below.until = first, until
                waiting.append(below)
    Position.objects.bulk_create(found, batch_size=2000)
    return len(found)


def _earlier(one: date | None, other: date | None) -> date | None:
    return min((day for day in (one, other) if day is not None), default=None)
