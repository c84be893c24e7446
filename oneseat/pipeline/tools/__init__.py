"""Every external program that OneSeat uses, as a class that can verify itself.

A tool knows its name, where it is, its version, and how to mend what is missing. The same classes
work on Windows, where the programs run as they are, and elsewhere, where wine runs them.
"""
