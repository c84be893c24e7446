"""Every external program that OneSeat uses, as a class that can verify itself.

A tool knows its name, where it is, its version, and how to mend what is missing. The same classes
work on Windows, where the programs run as they are, and elsewhere, where wine runs them.

* :mod:`pipeline.tools.runner` -- the one place that starts programs
* :mod:`pipeline.tools.windows` -- wine, or Windows itself, and the Windows Python
* :mod:`pipeline.tools.makensis` -- the installer's compiler
* :mod:`pipeline.tools.code_signing` -- osslsigncode or signtool behind one protocol
* :mod:`pipeline.tools.registry` -- all of them, for `doctor`
"""
