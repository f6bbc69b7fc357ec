"""Object storages to push to and copy from: a server each, with the environment in which obstore finds it."""
