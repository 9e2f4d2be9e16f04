"""The structure of the model by its number."""

STRUCTURE = 1
"""Raised only when numbers change beyond Monte-Carlo error; forecasts of different structures are never joined."""
