"""Limits of what is in progress: whatever exceeds them is refused at once, so that memory stays bounded."""
