"""One file for each resource: read the request, call a service, shape the answer."""
