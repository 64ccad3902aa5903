"""What templates of the portal call."""
