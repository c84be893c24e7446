"""One exam as the portal serves it: charter, keys, current release, maintenance, schedule."""
