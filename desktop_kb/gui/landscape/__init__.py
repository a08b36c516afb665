"""The landscape of a library: its passages as a map of hills."""
