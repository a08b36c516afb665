"""Dialogs over the window: the keys, settings, models, checks, backups."""
