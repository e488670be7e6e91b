"""Backups of everything that outlasts a restart, and the export of what is known of one person."""
