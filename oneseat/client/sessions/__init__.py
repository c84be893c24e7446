"""Entry to mock and formal sessions: opening times, the ticket, the handover to the exam room.

Modules:

* ``browser`` -- Command line that opens the exam room in the computer's own Edge or Chrome, as an app window.
* ``browser_trial`` -- Tries the room's browser on a page of this program: what it records, whether it keeps
  data, what is denied.
* ``handover`` -- Hands a ticket to the exam room without exposing it to other programs and accounts.
* ``held_computer`` -- Keeps the computer awake, delays shutdowns, and has the client started at the next
  logon, for reasons.
* ``held_session`` -- A session as it holds for this seat now: its end, and whether its answer time stands
  still in a pause.
* ``one_time_page`` -- Loopback HTTP server with one page, which posts hidden form fields to another site,
  once.
* ``room_follower`` -- Follows attempts in this project's exam room, by looks in a thread, and finishes their
  uploads.
* ``room_state`` -- What an exam room's answers mean for the candidate, and when the client finishes an
  upload.
* ``session_watch`` -- Watches programs and displays while a session runs, and records what the notice
  forbids.
* ``session_windows`` -- Time windows of mock and formal sessions, and admission to an open one.
"""
