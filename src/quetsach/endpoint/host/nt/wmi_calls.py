"""The calls of Windows by which objects of its management service are read, removed and put back.

Source: Microsoft Learn, "IWbemServices", "IWbemClassObject::GetObjectText", "IMofCompiler::CompileBuffer".
"""

from collections.abc import Iterator
from typing import Protocol

from quetsach.endpoint.host.subscriptions import StoredObject


class WmiCalls(Protocol):
    """The management service. Every call may raise ``OSError``."""

    def objects(self, namespace: str, kind: str) -> Iterator[StoredObject]:
        """Yield the objects of a class; none when there is no such class."""

    def delete(self, namespace: str, path: str) -> None:
        """Remove an object; ``FileNotFoundError`` when there is none."""

    def compile(self, namespace: str, text: str) -> None:
        """Make the object that a text (MOF) describes."""
