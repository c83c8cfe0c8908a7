"""One whole refresh in this process: its plan, its run and its result.

What belongs here: what `clawback refresh` does. What does not: the steps (assets), what every run needs before and
after (running), options and the screen (cli).
"""
