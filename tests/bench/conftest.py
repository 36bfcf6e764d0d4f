"""The firmware's senses on CPython, as the bench that measures them has them."""

import importlib

importlib.import_module("sense")
