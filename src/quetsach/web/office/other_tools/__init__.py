"""The catalogue of other makers' tools: one person asks for a change, another lets it onto the public pages."""
