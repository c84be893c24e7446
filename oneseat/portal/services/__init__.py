"""What the portal does for one seat, each in its transaction: login, download, activation, tickets."""
