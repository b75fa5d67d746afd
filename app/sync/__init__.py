"""The verbs: take in, decide, validate, carry, replay, resync."""
