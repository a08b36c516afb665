"""Quick find and quick capture: one small window on a key that works everywhere on the desktop."""
