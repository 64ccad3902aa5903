"""The one command; the only place that wires everything."""
