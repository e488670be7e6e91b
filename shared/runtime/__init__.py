"""What every process needs: settings, signals, logs, metrics, files."""
