"""The tasks that run on the object: each owns its parts and hands readings to the pure modules."""
