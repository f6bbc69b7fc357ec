"""Tests, in the tree of what they test.

One thread for torch and BLAS, also in the processes that tests start: beside other work on the machine, two are many times slower
on graphs this small. The libraries read the variable when they are loaded, and this module comes before them.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"
