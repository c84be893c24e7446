"""Entry to mock and formal sessions: opening times, the ticket, the handover to the exam room.

Modules:

* ``browser`` -- Command line that opens the exam room in the computer's own Edge or Chrome, as an app window.
* ``handover`` -- Hands a ticket to the exam room without exposing it to other programs and accounts.
* ``one_time_page`` -- Loopback HTTP server with one page, which posts hidden form fields to another site,
  once.
* ``session_watch`` -- Watches programs and displays while a session runs, and records what the notice
  forbids.
* ``session_windows`` -- Time windows of mock and formal sessions, and admission to an open one.
"""
