"""Reading a release: for analysts, the command line and notebooks.

What belongs here: opening a release read-only, the named questions, the allowed SQL statements, answers as files, and
tracing a published row back to the bytes it came from. What does not: making or switching releases (release), how an
answer looks on a screen (cli).
"""
