"""Fields of forms that name a campaign."""

from django import forms

from quetsach.web.design.words import here
from quetsach.web.office.plans.models import Campaign


class CampaignField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not generic when it runs
    """One of the campaigns, by name."""

    def label_from_instance(self, obj: Campaign) -> str:
        """Return the name in the language of the page."""
        return str(here(obj.plan.name))
