"""Scent, touch and the routines that answer a gesture."""
