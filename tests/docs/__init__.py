"""What the documentation shows is run, and what it says of the code is the code's."""
