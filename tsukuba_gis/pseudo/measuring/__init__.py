"""Rooms of ``measure``: people as codes, their ages, households and places, and what is hidden."""
