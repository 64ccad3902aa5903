"""What an evaluation is made of: read once from the centre, judged, and handed on as values."""
