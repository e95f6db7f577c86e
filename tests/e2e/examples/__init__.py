"""Each example with two users, in Chromium."""
