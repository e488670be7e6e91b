"""The runtime of every process: settings, signals, logs, metrics, files."""
