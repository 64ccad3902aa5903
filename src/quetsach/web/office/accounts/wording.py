"""What pages say of rows that were not taken."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

FAULTS: Mapping[str, str | Promise] = {
    "address": _("this is no e-mail address"),
    "cells": _("it has another number of cells than the first line"),
    "day": _("its day is none, or lies ahead"),
    "malware": _("the name of its malware is too long"),
    "site": _("its site is none"),
}
"""Word for the reason -> why a row was not taken."""
