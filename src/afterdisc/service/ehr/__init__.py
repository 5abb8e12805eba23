"""Other record systems: which ones this site trusts, whether a token of theirs holds, and how to read from them.

Comes in: the file of AFTERDISC_EHR, tokens, addresses. Goes out: who calls, resources as parsed JSON, tokens of ours. Refuses
to know: routes, the desk, what a resource means.
"""
