"""The templates that every centre begins with: TOML files of this package, loaded as templates for all units."""

import tomllib
from importlib import resources

from quetsach.web.office.letters.models import Template


def samples_load() -> int:
    """Put the templates of this build in place; what a unit made of its own stays.

    Returns:
        How many there are.
    """
    folder = resources.files("quetsach.web.office.letters").joinpath("samples")
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    for file in files:
        sample = tomllib.loads(file.read_text("utf-8"))
        Template.objects.update_or_create(
            code=file.name.removesuffix(".toml"),
            unit=None,
            defaults={
                "title": sample["title"],
                "subject": sample["subject"],
                "body": sample["body"].strip(),
                "annexes": [{**annex, "body": annex["body"].strip()} for annex in sample.get("annexes", ())],
            },
        )
    return len(files)
