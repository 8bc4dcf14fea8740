"""Reading the user's function, and writing another one: what the recipes have in common."""
