"""Worlds with a known truth, made by a generator that shares nothing with the model, and scores on them."""
