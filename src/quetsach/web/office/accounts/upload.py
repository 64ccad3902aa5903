"""Uploads that never touch the disk as they came."""

from typing import Any

from django.core.files.uploadhandler import MemoryFileUploadHandler

from quetsach.web.limits import ACCOUNT_FILE_PATHS


class InMemoryAlone(MemoryFileUploadHandler):
    """Keeps a list of stolen accounts in memory, however large: Django would write one of 3 MB to the disk."""

    def handle_raw_input(
        self,
        input_data: Any,  # noqa: ARG002
        META: dict[str, Any],  # noqa: N803  (Django's name)
        content_length: int,  # noqa: ARG002
        boundary: Any,  # noqa: ARG002
        encoding: str | None = None,  # noqa: ARG002
    ) -> None:
        """Take over what is sent to the page of lists, and nothing else."""
        self.activated = META.get("PATH_INFO") in ACCOUNT_FILE_PATHS
