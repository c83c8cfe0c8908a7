"""The site of a release: static pages that people open, search, cite and pass on.

What belongs here: reading one release's file, laying its figures out as pages and pictures, and serving them on
loopback. What does not: computing a figure (the pages show what the release holds), publishing (release), the named
questions themselves (reading).
"""
