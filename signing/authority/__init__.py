"""What the authority makes and others verify: key rings, signers, the region, batch logs. Never ships."""
