"""Trying a program on cases: scoreboards, safety cases, what a change of knowledge changes, mutation of rules.

Comes in: programs and case files. Goes out: tables of results. Refuses to know: how a screen looks.
"""
