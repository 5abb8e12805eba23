"""The compiled knowledge: arrays, a rule tape, names and provenance, frozen and fingerprinted.

Comes in: arrays made by `compile`. Goes out: a `Program`, or its bytes. Refuses to know: YAML, patients, and what any
array means to a clinician beyond its name.
"""

from afterdisc.program.kept import kept_with_program
from afterdisc.program.program import Column, Program, Root, Tape
from afterdisc.program.store import program_from_bytes, program_to_bytes

__all__ = ["Column", "Program", "Root", "Tape", "kept_with_program", "program_from_bytes", "program_to_bytes"]
