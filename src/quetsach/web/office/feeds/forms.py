"""The form with which a file of a feed is uploaded."""

from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from quetsach.web.design.words import here
from quetsach.web.limits import FEED_FILE_BYTES
from quetsach.web.office.feeds.selectors import layouts_here

_LONGEST_NAME = 200


def _feeds() -> list[tuple[str, str | Promise]]:
    layouts = layouts_here()
    return [(feed, here(layouts.of_feed(feed)[0].title)) for feed in layouts.feeds()]


class FeedFileForm(forms.Form):
    """A file, and where it comes from."""

    feed = forms.ChoiceField(label=_("Feed"), choices=_feeds)
    report = forms.CharField(
        label=_("Report"),
        max_length=48,
        required=False,
        help_text=_(
            "Of Shadowserver leave it empty: the file's name or columns tell. Of a plain CSV, and of events of "
            "IntelMQ, write the name of their source, such as honeypot-hn."
        ),
    )
    file = forms.FileField(
        label=_("File"),
        max_length=_LONGEST_NAME,
        help_text=_(
            "A file of CSV or JSON, or such files compressed, in a zip or in a mail (.eml); at most %(most)s MiB."
        ),
    )

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        file = self.fields["file"]
        file.help_text = file.help_text % {"most": FEED_FILE_BYTES >> 20}
