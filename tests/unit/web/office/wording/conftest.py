"""A campaign, and a centre that keeps kits."""

from tests.unit.web.office.publicity.conftest import _centre, campaign

__all__ = ["_centre", "campaign"]
