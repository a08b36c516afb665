"""Marked passages in the window."""
