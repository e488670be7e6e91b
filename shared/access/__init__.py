"""Access control without HTTP: tokens, their scopes, and who is let in."""
