"""Reading a release: for analysts, the command line and notebooks.

What belongs here: opening a release for reading only, the named questions, the statements that are allowed, answers as
files, and the way from a published row back to the bytes it came from. What does not: making or serving releases
(release), how an answer looks on a screen (cli).
"""
