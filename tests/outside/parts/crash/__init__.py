"""Crashes: killed processes, copies of a disk, the loss of power, full disks."""
