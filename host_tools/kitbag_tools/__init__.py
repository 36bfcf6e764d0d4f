"""Kitbag's host tool: what runs on a computer beside the object."""
