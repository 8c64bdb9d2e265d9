"""What two releases are compared by: labels that mean the same, counts, sums, means."""
