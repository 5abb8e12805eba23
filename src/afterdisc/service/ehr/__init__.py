"""The record systems this site is connected to: who they are, whom of their machines to trust, and how to read from them."""
