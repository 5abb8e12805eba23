"""Files of many people, in pieces of rows, whatever way they are stored in.

Comes in: paths. Goes out: tables in pieces, and rows that could not be read. Refuses to know: what a column means.
"""
