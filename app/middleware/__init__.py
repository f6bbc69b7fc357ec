"""Plain ASGI classes around the routes."""
