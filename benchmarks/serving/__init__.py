"""How fast faces are named over HTTP, beside other servers."""
