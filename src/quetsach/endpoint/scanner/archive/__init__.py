"""Looking inside archives: members are streamed in memory, bounded in depth, number, size, memory and time.

Nothing is ever written to disk, and no name of a member is ever used as a name of a file. Formats and limits:
``docs/reference/archives.md``.
"""
