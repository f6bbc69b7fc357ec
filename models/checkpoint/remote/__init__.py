"""Checkpoints in object storage: the same tree of `<name>/<version>/` below a URL, pushed, pulled and mirrored.

Publishing writes the files of a version, then its manifest, then `CURRENT`, on the condition that nobody else has changed it.
Readers copy a version whole and compare every digest before it becomes visible in their directory of checkpoints.
The library that speaks with the storage is imported where a URL is opened, and nowhere else.
"""
