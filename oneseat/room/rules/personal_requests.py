"""What people may ask about their own data, how it may be answered, and by when."""

from __future__ import annotations

from datetime import timedelta

ACCESS, COPY, CORRECT, ERASE = "access", "copy", "correct", "erase"
KINDS = (ACCESS, COPY, CORRECT, ERASE)
"""To know what is kept, to get a copy, to have it corrected or erased: PIPL (2021), articles 45 to 47."""
GRANTED, PARTLY, REFUSED = "granted", "partly", "refused"
OUTCOMES = (GRANTED, PARTLY, REFUSED)
ANSWER_WITHIN = timedelta(days=30)
"""The law says in good time (PIPL, article 50); GB/T 35273-2020, 8.7, says thirty days."""
