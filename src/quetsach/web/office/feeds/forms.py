"""The form with which a file of a feed is uploaded."""

from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from quetsach.feeds.layout import LAYOUTS
from quetsach.web.limits import FEED_FILE_BYTES
from quetsach.web.office.feeds.words import FEEDS

_LONGEST_NAME = 200


def _feeds() -> list[tuple[str, str | Promise]]:
    return [(feed, FEEDS.get(feed, feed)) for feed in dict.fromkeys(layout.feed for layout in LAYOUTS)]


class FeedFileForm(forms.Form):
    """A file, and where it comes from."""

    feed = forms.ChoiceField(label=_("Feed"), choices=_feeds)
    report = forms.CharField(
        label=_("Report"),
        max_length=48,
        required=False,
        help_text=_(
            "Of Shadowserver leave it empty: the file's name or columns tell. Of a plain CSV write the name of its "
            "source, such as honeypot-hn."
        ),
    )
    file = forms.FileField(
        label=_("File"),
        max_length=_LONGEST_NAME,
        help_text=_("A CSV file, or CSV files packed with gzip or zip; at most %(most)s MiB."),
    )

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        file = self.fields["file"]
        file.help_text = file.help_text % {"most": FEED_FILE_BYTES >> 20}
