"""All contact with Rasa's internals: the router, the lock, the tracker, output channels."""
