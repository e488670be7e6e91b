"""The contract over Redis: streams, queues, keys and connections."""
