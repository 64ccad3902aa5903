"""Trials: of packs, whose specimens are found, removed and put back while honest systems are left alone; of the tool.

They stand in ``cli`` because they need both packs and the endpoint tool, which do not know each other.
"""
