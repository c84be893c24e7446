"""Publishing: base and licences become visible to the portal in one step, and are withdrawn again."""
