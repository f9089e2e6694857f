"""finish: ends a run well. Nothing is carried back from then on."""
