"""Sources of feeds as people of the office see and change them."""
