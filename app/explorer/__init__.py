"""The explorer's page: HTML, CSS and JavaScript by hand, served as they are by `latentlink.app.routers.explorer`."""
