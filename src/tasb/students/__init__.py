"""Stage 7: training, of students and of teachers alike."""
