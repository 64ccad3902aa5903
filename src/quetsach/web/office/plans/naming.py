"""What the log calls campaigns, their decisions and their steps."""

from collections.abc import Collection, Mapping

from django.utils.translation import gettext as _

from quetsach.campaign import Campaign as Plan
from quetsach.web.design.templatetags.words import here
from quetsach.web.office.plans.models import CLOSE, DECISION, Passage, PlanRevision


def campaign_names(keys: Collection[str]) -> Mapping[str, str]:
    """Return the names of campaigns by what the log and the approvals call them: ``key``, ``key#3``, ``7:during``."""
    newest = {
        revision.campaign: revision for revision in PlanRevision.objects.select_related("campaign").order_by("number")
    }
    plans: dict[str, Plan] = {}
    for campaign, revision in newest.items():
        plans[campaign.key] = plans[str(campaign.pk)] = revision.plan
    return {key: name for key in keys if (name := _name(key, plans))}


def decision_names(keys: Collection[str]) -> Mapping[str, str]:
    """Return the titles of decisions that were asked for, by the keys of their requests."""
    asked = [int(key) for key in keys if key.isdecimal() and len(key) < 10]
    found = Passage.objects.filter(pk__in=asked, step=DECISION)
    return {str(passage.pk): passage.facts["decision"]["title"] for passage in found}


def _name(key: str, plans: Mapping[str, Plan]) -> str:
    rest, _sign, number = key.partition("#")
    found, _colon, step = rest.partition(":")
    plan = plans.get(found)
    if plan is None:
        return ""
    name = str(here(plan.name))
    if number:
        return _("%(name)s, decision %(number)s") % {"name": name, "number": number}
    if step == CLOSE:
        return _("%(name)s, close") % {"name": name}
    phase = next((phase for phase in plan.phases if phase.id == step), None)
    return f"{name}, {here(phase.name)}" if phase else name
