"""Dialogs of the window: keyboard shortcuts, settings, models, checks, evaluation, backups."""
