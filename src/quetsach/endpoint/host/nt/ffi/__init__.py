"""The calls of Windows itself: the only place that knows its libraries, and that cannot be imported elsewhere."""
