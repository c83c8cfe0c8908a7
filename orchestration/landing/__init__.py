"""Captures: written whole or not at all, accepted or kept aside, and read as raw views.

What belongs here: the landing folder. What does not: any publisher's oddity, any meaning of a field.
"""
