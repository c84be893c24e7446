"""What the client does over the network: HTTP, the portal API, synchronisation, server time."""
