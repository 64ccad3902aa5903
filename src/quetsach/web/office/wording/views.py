"""Pages of texts that people reword."""

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from quetsach.core.text import LocalText
from quetsach.web.office.editions import EditedForm
from quetsach.web.office.people.access import CurrentUser, require
from quetsach.web.office.refusal import FlashErrors
from quetsach.web.office.tree.selectors import root_unit
from quetsach.web.office.wording.selectors import DOCUMENTS, Document, versions_of
from quetsach.web.office.wording.services import LONGEST, wording_save

# The form of a text.


def _area(language: str) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": 8, "lang": language})


class TextForm(EditedForm):
    """A text in both languages."""

    vi = forms.CharField(label=_("Vietnamese"), max_length=LONGEST, widget=_area("vi"))
    en = forms.CharField(label=_("English"), max_length=LONGEST, widget=_area("en"))


@require_safe
def texts(request: HttpRequest, key: str) -> HttpResponse:
    """All texts of a document, as they count now."""
    document, _visitor = _document(request, key)
    built = document.built_texts()
    rows = [(place, said, said != built[place]) for place, said in document.texts().items()]
    return render(request, "office/wording/texts.html", {"document": document, "rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
def text(request: HttpRequest, key: str, place: str) -> HttpResponse:
    """One text: its versions, and on POST a new one."""
    document, visitor = _document(request, key)
    built = document.built_texts().get(place)
    if built is None:
        raise Http404
    said = document.texts()[place]
    form = TextForm(request.POST or None, stored={"vi": said.vi, "en": said.en})
    if form.is_valid():
        new = LocalText(form.cleaned_data["vi"], form.cleaned_data["en"])
        with FlashErrors(request, _("Saved."), form=form):
            wording_save(
                document=document,
                place=place,
                text=new,
                by=visitor.person,
                now=visitor.now,
                edition=form.cleaned_data["edition"],
            )
            return redirect("office:wording:texts", key)
    context = {
        "document": document,
        "places": sorted(document.places),
        "place": place,
        "form": form,
        "built": built,
        "said": said,
        "versions": versions_of(key, place),
    }
    return render(request, "office/wording/text.html", context)


def _document(request: HttpRequest, key: str) -> tuple[Document, CurrentUser]:
    """Return the document and who asks.

    Raises:
        Http404: there is no such document.
        AccessError: it is not this person's to reword.
    """
    visitor = CurrentUser.of(request)
    if (document := DOCUMENTS.get(key)) is None:
        raise Http404
    require(visitor.person, document.act, root_unit(), day=visitor.day)
    return document, visitor
