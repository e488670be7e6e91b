"""What a camera may be: the address somebody writes, and what is opened for it."""
