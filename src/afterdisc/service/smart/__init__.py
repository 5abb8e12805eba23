"""A workspace opened from a record system: SMART App Launch 2.2, as an app."""
