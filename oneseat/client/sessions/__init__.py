"""Entering a mock or formal session: when it is open, the entry ticket, and the handover to the exam room.

Modules:

* ``handover`` -- Handing an entry ticket to the exam room, past everybody else on the computer.
* ``one_time_page`` -- A page on this computer that hands a form's hidden fields to another site, once.
* ``session_windows`` -- The two doors, mock and formal: which session is behind them, and how one goes in.
"""
