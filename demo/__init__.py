"""The main job, shown end to end on fictitious people: what ``build.py demo`` and the tests drive.

* :mod:`demo.computer` -- a candidate's Windows computer, under wine
* :mod:`demo.candidate` -- somebody at the portal with a browser's manners
* :mod:`demo.run` -- from an exam file to an accepted owner and a refused stranger
"""
