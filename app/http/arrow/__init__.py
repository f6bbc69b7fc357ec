"""Bodies that are streams of Arrow's IPC format, for millions of rows: read and written batch by batch."""
