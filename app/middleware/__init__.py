"""ASGI layers around the routes: log, metrics, keys, limits, proxies, compression."""
