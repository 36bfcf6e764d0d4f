"""Kitbag: the firmware of a warm, huggable sensor object."""

__version__ = "0.1.0"
