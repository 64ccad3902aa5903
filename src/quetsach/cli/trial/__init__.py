"""The trial of packs: each specimen is found, removed and put back, and honest systems are left alone.

It stands in ``cli`` because it needs both packs and the endpoint tool, which do not know each other.
"""
