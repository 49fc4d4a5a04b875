"""The course's own machinery: release, proof, runs and the command line.

This room may import every other; no other room imports it.
"""
