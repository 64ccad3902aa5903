"""The page about collectors names what is put back from the factory."""

import re
from pathlib import Path

from quetsach.endpoint.collect.factory_defaults import factory_keys

COLLECTORS = (Path(__file__).parents[2] / "docs/reference/collectors.md").read_text()


def test_every_service_that_is_put_back_is_named() -> None:
    (named,) = re.findall(r"`restore-default` puts these back(.+?)What stands", COLLECTORS, re.DOTALL)
    names = {known.key.rpartition("\\")[2] for known in factory_keys() if "\\Services\\" in known.key}
    assert {name for name in names if not re.search(rf"\b{name}\b", named)} == set()
