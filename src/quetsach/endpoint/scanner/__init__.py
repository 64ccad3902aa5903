"""Looking: walk, route, match; nothing is changed here."""
