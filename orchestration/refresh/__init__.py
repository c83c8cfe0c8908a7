"""One whole refresh in this process: its plan, its run and its account.

What belongs here: what `clawback refresh` does. What does not: the steps (assets), what surrounds any run (running),
options and the screen (cli).
"""
