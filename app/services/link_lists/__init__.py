"""Lists of missing links: what is asked, how it is found in steps that another process can go on from, and how it is written.

`finding` chooses among `whole_graph`, the best links of all; `per_node`, the best of each node; and `pairs`, those that are
given. `columns` makes tables of what they find, and `formats` files of these; `saving` keeps how far a list is.
"""
