"""What learning is worth: a production stream with known truth, run through the real queue."""
