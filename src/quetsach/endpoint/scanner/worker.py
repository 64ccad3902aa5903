"""The process that looks at files for the scan: gets batches, sends back what each file showed; counts archives.

Run as ``python -m quetsach.endpoint.scanner.worker``: hostile content is matched here, so that a crash costs one file.
It speaks with ``endpoint.scanner.worker_pool`` as ``host.process`` says.
"""

import sys

from quetsach.endpoint.engine.boreal import BorealEngine
from quetsach.endpoint.host.live import little_resident, starter
from quetsach.endpoint.host.tree import Tree
from quetsach.endpoint.scan_issue import ScanIssue
from quetsach.endpoint.scanner.archive.inside import UNCOUNTED, Contents, count_contents
from quetsach.endpoint.scanner.file_result import IN_MEMORY_BYTES, FileResult, scan_file
from quetsach.endpoint.scanner.recognise import Recogniser
from quetsach.endpoint.scanner.walk import Candidate, Opener


def main() -> None:
    """Receive tree and signatures, answer ``None`` when ready, then a list for each list of candidates.

    What an answer holds of each: its look or trouble, ``None`` when there is nothing to tell. For the path of an
    archive alone the answer is how much lies in it.
    """
    orders, answers = starter()
    try:
        tree, signatures = orders.recv()
        recogniser = Recogniser(BorealEngine(), signatures)
        answers.send(None)
        with Opener(tree) as opener:
            while True:
                order: list[Candidate] | bytes = orders.recv()
                if isinstance(order, bytes):
                    answers.send(_counted(tree, order))
                else:
                    answers.send([_told(opener, candidate, recogniser) for candidate in order])
    except (EOFError, BrokenPipeError):
        sys.exit(0)


def _told(opener: Opener, candidate: Candidate, recogniser: Recogniser) -> FileResult | ScanIssue | None:
    if candidate.size_bytes > IN_MEMORY_BYTES:
        with little_resident(candidate.device, candidate.inode):
            return scan_file(opener, candidate, recogniser)
    look = scan_file(opener, candidate, recogniser)
    return look if isinstance(look, ScanIssue) or look.anchor or look.troubles else None


def _counted(tree: Tree, path: bytes) -> Contents:
    try:
        return count_contents(tree, path)
    except OSError:
        return UNCOUNTED


if __name__ == "__main__":
    main()
