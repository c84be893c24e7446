"""Pure rules, values in and values out: download gate, tickets, ranges, rate limits, client addresses."""
