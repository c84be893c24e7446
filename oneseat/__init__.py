"""OneSeat: one admission number, one installer, one device."""
