"""The HTTP side of a request: context, middleware, rendering, metrics, logs."""
