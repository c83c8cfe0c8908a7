"""HTTP: the one session, and paging.

What belongs here: transport. What does not: the meaning of any publisher's data.
"""
