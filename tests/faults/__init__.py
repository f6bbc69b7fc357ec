"""What goes wrong around the service, or is done to it on purpose: each test holds one promise."""
