"""The audit log: who did what to whom and when, without faces, apart from the other logs."""
