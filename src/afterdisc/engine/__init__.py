"""From a batch of cases to probabilities, truth values and the worth of the next question.

Comes in: a `Program` and float64 rows, NaN for unknown. Goes out: arrays. Refuses to know: YAML, words, files, HTTP.
"""
