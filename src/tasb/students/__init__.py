"""Stage 8: training, of students and of teachers alike."""
