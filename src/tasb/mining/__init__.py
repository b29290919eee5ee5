"""Stage 6: training pairs mined from rankings, filtered by a teacher."""
