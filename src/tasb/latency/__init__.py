"""Measured times: how long a system takes to answer, stage by stage."""
