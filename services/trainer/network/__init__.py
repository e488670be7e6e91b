"""The network: its frozen branches, its new layers, and the files it is served from."""
