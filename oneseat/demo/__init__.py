"""The main job, shown end to end on fictitious people: what ``build.py demo`` and the tests drive."""
