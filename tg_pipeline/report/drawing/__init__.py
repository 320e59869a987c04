"""Charts: Vega specifications of the page, and the picture of the digest."""
