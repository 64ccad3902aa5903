"""Points Django at one centre's data: for commands and workers, which are no web server."""

import os
from pathlib import Path


def configure_web(data: Path) -> None:
    """Point Django at one centre's data; once a process, before anything of ``quetsach.web`` reads its settings."""
    import django  # noqa: PLC0415  (it takes time to load, and its settings are read from the environment)

    os.environ["QUETSACH_DATA"] = str(data)
    os.environ["DJANGO_SETTINGS_MODULE"] = "quetsach.web.settings"
    django.setup()
