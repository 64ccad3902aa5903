"""Forms that are kept while they are written: a small script sends them as they are, and is answered in JSON.

Nothing depends on the script. Without it the same form has a button that keeps a draft.
"""

from datetime import datetime

from django.forms import BaseForm
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _


def is_autosave(request: HttpRequest) -> bool:
    """Whether the script sent the form, and nobody pressed a button."""
    return request.method == "POST" and "autosave" in request.POST


def autosaved(edition: str, *, now: datetime) -> JsonResponse:
    """Tell the script that the draft is kept, and the edition on which the form now stands."""
    said = _("The draft was saved by itself at %(time)s.") % {"time": f"{timezone.localtime(now):%H:%M}"}
    return JsonResponse({"edition": edition, "said": said})


def not_autosaved(why: str) -> JsonResponse:
    """Tell the script that nothing was kept, and why."""
    return JsonResponse({"said": _("Not saved by itself:") + " " + why}, status=409)


def first_fault(form: BaseForm) -> str:
    """Return the first thing that is wrong with a form, with the name of its field."""
    for name, texts in form.errors.items():
        label = f"{form.fields[name].label}: " if name in form.fields else ""
        return f"{label}{texts[0]}"
    return ""
