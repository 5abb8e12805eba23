"""The clinic's workspace over HTTP: pages, fragments and files for whoever is signed in.

Comes in: requests. Goes out: responses. Refuses to know: how anything is computed or stored.
"""
