"""What is typed once a split is made: going back, ending it, and keeping its numbers apart meanwhile."""
