"""The exam file: its model, its rules, and the charter that is made of it."""
