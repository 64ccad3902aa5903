"""The database of rpm, in the three forms that distributions have kept it in, read without rpm."""

from quetsach.endpoint.host.rpm.database import has_unread_database, rpm_files

__all__ = ["has_unread_database", "rpm_files"]
