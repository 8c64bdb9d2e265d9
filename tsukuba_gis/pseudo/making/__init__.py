"""What ``generate`` is made of: numbers to people, people to households, households to areas."""
