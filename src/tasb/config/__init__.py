"""The one typed config, the references in it, and the slice of it that each artifact needs."""
