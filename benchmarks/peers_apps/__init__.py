"""The score endpoint on other servers; each module runs in an environment that has this server."""
