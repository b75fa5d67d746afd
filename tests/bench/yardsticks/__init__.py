"""What a figure is compared with: the least that could be done, and what is usually written."""
