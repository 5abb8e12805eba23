"""Flexion and extension films of one segment: pictures to place points on, and what the points come to.

Comes in: the bytes of an image; corner points. Goes out: pixels without any identifier; millimetres and degrees. Refuses to
know: patients, HTTP, and what a number means for a decision.
"""

from afterdisc.radiograph.film import Film, read_film
from afterdisc.radiograph.motion import Corners, Measured, Motion, measure

__all__ = ["Corners", "Film", "Measured", "Motion", "measure", "read_film"]
