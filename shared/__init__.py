"""What every service needs: the contract (messages, Redis names, streams) and the two stores."""

__version__ = "0.2.0"
