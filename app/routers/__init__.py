"""One file per resource; thin: read the request, ask a service, shape the answer."""
