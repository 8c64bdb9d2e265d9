"""What ``evaluate`` is made of: divisions of the register, attacks, uses, gates, certificate."""
