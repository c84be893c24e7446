"""Entering a mock or formal session: when it is open, the entry ticket, and the handover to the exam room."""
