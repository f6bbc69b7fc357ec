"""Jobs: lists of links that are found beside the requests, in a process of their own.

`table` is the queue in a file, which all workers and the runner share; `supervisor` starts the runner where one is needed.
"""
