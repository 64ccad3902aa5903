"""Evidence of a finding in the language of the reader: the names of fields are told, what they hold stays as it is."""

import re

from quetsach.endpoint.messages import messages

_FIELD = re.compile(r"(?P<before>^|; )(?P<name>[a-z_]+)(?=: )")
_VALUE = re.compile(r"(?<=: )(?:yes|no)(?=; |$)|(?<=, )in memory(?=; |$)")


def told_evidence(evidence: str, language: str) -> str:
    """Return the evidence of a finding (``name: x; data: y``) with the fields named in a language."""
    words = messages("evidence", language)
    told = _FIELD.sub(lambda field: field["before"] + words.get(field["name"], field["name"]), evidence)
    return _VALUE.sub(lambda value: words[value[0].replace(" ", "-")], told)
