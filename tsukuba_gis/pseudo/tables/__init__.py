"""The tables of a city: what it consists of, their cells, and what ties them."""
