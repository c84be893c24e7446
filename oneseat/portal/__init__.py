"""The download portal: candidates log in, fetch their installer and activate one computer.

A request passes ``http.middleware``, then a route of ``api``, ``pages`` or ``desk``, which calls one of
``services``; these ask the pure ``rules`` and answer from the state. ``app`` puts the parts together,
``serve`` runs them under uvicorn. ``fastpath`` is an optimisation of some routes and can be switched off.

The portal never opens an authority's key ring: it hands licences out and cannot make them.
"""
