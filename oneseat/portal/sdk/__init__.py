"""The API from the calling program's side: request and response models, and a typed client."""
