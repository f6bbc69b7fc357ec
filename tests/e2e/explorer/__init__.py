"""The explorer in a browser, over a service of its own; its contents are compared with the API's answers."""
