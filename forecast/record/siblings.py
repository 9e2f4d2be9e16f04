"""Targets and scenarios that go by one name, or nearly: their numbers differ, and why is said wherever both stand.

A target asks for at least one in the window, whatever else happens there; of the scenarios exactly one holds.
"""
