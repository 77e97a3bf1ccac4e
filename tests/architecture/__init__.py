"""The drawing held against the house: floors, what a start pulls in, the size of things, and docs that tell the truth."""
