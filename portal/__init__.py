"""The download portal: candidates log in, fetch their installer and activate one computer.

A request passes, from the outside in:

* :mod:`portal.serve` -- uvicorn, logs, a graceful stop; :mod:`portal.app` puts the rest together
* :mod:`portal.middleware` -- access log without personal data, security headers, body limit
* :mod:`portal.lean` -- for what everybody does in one evening, a way past the framework
* :mod:`portal.pages` and :mod:`portal.api` -- what browsers and programs see
* :mod:`portal.login`, :mod:`portal.activation`, :mod:`portal.downloads` -- the three things that happen
* :mod:`portal.turn` -- logins that come together, looked at in one transaction
* :mod:`portal.gate` -- whether they may happen now: a pure function
* :mod:`portal.compose` and :mod:`portal.ranges` -- the installer's bytes, head and stamped tail

:mod:`portal.served` holds what one exam needs: its portal key ring, state and store. The
portal never opens an authority's ring: it hands licences out and cannot mint them.
"""
