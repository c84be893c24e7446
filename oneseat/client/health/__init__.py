"""The health check: whether this computer is what the exam's notice asks for.

Checks are pure: values of probes in, findings out. ``probes`` holds the protocols by which they ask Windows
and the network; :mod:`oneseat.client.platform.windows` answers.
"""
