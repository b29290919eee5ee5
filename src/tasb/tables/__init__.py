"""Stage 12: the tables of the paper, with the paper's value next to ours."""
