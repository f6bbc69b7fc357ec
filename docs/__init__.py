"""The documentation: pages, the generator of the reference, and the script that takes the explorer's pictures."""
