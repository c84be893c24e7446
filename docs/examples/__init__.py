"""Examples that the how-to pages refer to; each can be installed by itself."""
