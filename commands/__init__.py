"""The commands of ``build.py``, by what a person is doing: each parses, calls one function, shows one result.

* :mod:`commands.preparing` -- doctor, exam, keys
* :mod:`commands.building` -- charter, base
* :mod:`commands.batch` -- roster, issue, stamp, inspect, verify, publish, release
* :mod:`commands.serving` -- portal, service-token
* :mod:`commands.desk` -- operator, audit
* :mod:`commands.showing` -- demo, completion
* :mod:`commands.context` -- what all of them share: options, settings, and where refusals are caught
"""
