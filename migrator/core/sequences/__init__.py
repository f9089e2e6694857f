"""Numbers that sequences give: which database draws which of them."""
