"""Indicators of others made into a pack that only reports: one module a format, one for what makes them safe."""
