"""Issuing: rows of a roster become seats and licences, chunk by chunk, in resumable runs."""
