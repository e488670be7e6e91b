"""The OpenAPI document: what FastAPI does not know of tokens, scopes and problems."""
