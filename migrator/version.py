"""The version of the program, for those that may not import its front door."""

__version__ = "0.1.0"
