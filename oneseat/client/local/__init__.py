"""What the client keeps on this computer: enrolled seats, cached portal answers, the charter in force."""
