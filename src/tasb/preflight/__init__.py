"""What a run will need, before its first job: downloads, disk, memory, jobs, hours on this device.

The hours are matrix products over the rate of this device. They are a guide to days or hours, not
to minutes. Memory is what is needed at least.
"""
