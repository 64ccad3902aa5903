"""How log lines say when: in UTC and with the zone, whatever zone the pages use."""

import logging
import time


class UtcFormatter(logging.Formatter):
    """Text lines whose time is ISO 8601 in UTC, whole seconds with milliseconds."""

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"
