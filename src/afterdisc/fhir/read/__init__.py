"""From a record to findings: what was found, what was looked for and is not there, what could not be read."""
