"""Pairs of input and expected events out of IntelMQ's own tests, into a folder outside this repository.

Run by the Python that has the peer (``bench/conformance.py`` does it): ``python peer_fixtures.py FOLDER``. Its tests
are run as they are; what they feed to a parser, what they expect and what the parser answered is written down, a file
for each run. The peer's mapping of Shadowserver's columns is written in the form of the published schema. All of it is
under AGPL-3.0: it stays in that folder.
"""

import importlib
import json
import os
import pkgutil
import sys
import tempfile
import unittest
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("INTELMQ_ROOT_DIR", tempfile.mkdtemp())
os.environ.update(INTELMQ_SKIP_INTERNET="1", INTELMQ_SKIP_REDIS="1")

import intelmq.tests.bots.parsers as suites
from intelmq.bots.parsers.shadowserver import _config
from intelmq.lib import utils
from intelmq.lib.test import BotTestCase


def main() -> None:
    """Write the pairs and the mapping."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "schema.json").write_text(json.dumps(schema(), indent=1))
    _listen(folder)
    result = unittest.TextTestRunner(stream=sys.stderr, verbosity=0).run(unittest.TestSuite(_suites()))
    print(f"{result.testsRun} tests, {len(result.failures)} failed, {len(result.errors)} errors")


def schema() -> dict[str, Any]:
    """Return the peer's mapping in the published form."""
    reports: dict[str, Any] = {"_meta": {"date_created": "of the peer's release"}}
    for feed_name, file_name, mapping in _config.mapping:
        reports[file_name] = {
            "feed_name": feed_name,
            "file_name": file_name,
            "constant_fields": mapping.get("constant_fields", {}),
            "required_fields": [_entry(one) for one in mapping["required_fields"]],
            "optional_fields": [_entry(one) for one in mapping["optional_fields"]],
        }
    return reports


def _entry(one: Sequence[Any]) -> list[str]:
    key, column, *function = one
    names = [part.__name__ if callable(part) else part for part in function]
    return [key or "extra.", column, *names]


def _listen(folder: Path) -> None:
    """Have every run of a bot written down, with what its test expects of it."""
    utils.drop_privileges = lambda: True  # a scratch folder, nothing listens
    run_bot, matches, runs = BotTestCase.run_bot, BotTestCase.assertMessageEqual, list[Any]()

    def noted_run(self: Any, *args: Any, **kwargs: Any) -> None:
        fed = self.input_message if self.input_message is not None else self.default_input_message
        messages = [_plain(one) for one in (fed if isinstance(fed, (list, tuple)) else [fed])]
        run = {"test": self.id(), "bot": self.bot_reference.__module__, "fed": messages, "expected": {}}
        run["settings"] = {**self.sysconfig, **kwargs.get("parameters", {})}
        runs.append(run)
        try:
            run_bot(self, *args, **kwargs)
        finally:
            run["output"] = [json.loads(one) for one in self.get_output_queue()] if self.pipe else []
            self.noted = (folder / f"{len(runs):03}.json", run)
            _write(*self.noted)

    def noted_match(self: Any, queue_pos: int, expected_msg: Any, *args: Any, **kwargs: Any) -> None:
        expected = expected_msg if isinstance(expected_msg, dict) else expected_msg.to_dict(with_type=True)
        self.noted[1]["expected"][str(queue_pos)] = dict(expected)
        _write(*self.noted)
        matches(self, queue_pos, expected_msg, *args, **kwargs)

    BotTestCase.run_bot, BotTestCase.assertMessageEqual = noted_run, noted_match


def _write(path: Path, run: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(run, indent=1, default=str))


def _plain(message: Any) -> dict[str, Any]:
    if isinstance(message, str):
        message = json.loads(message)
    return dict(message) if isinstance(message, dict) else dict(message.to_dict(with_type=True))


def _suites() -> Iterator[unittest.TestSuite]:
    loader = unittest.TestLoader()
    for module in pkgutil.walk_packages(suites.__path__, suites.__name__ + "."):
        if module.name.rpartition(".")[2].startswith("test_"):
            try:
                yield loader.loadTestsFromModule(importlib.import_module(module.name))
            except Exception as error:  # noqa: BLE001  (of another's tests, which may need what is not here)
                print(f"{module.name}: {error!r}", file=sys.stderr)


if __name__ == "__main__":
    main()
