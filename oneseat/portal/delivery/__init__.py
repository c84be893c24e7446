"""The bytes of a download: composed of base and tail on the fly, or presigned for the store."""
