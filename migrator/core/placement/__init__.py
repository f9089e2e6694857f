"""Decides where every table goes, and over which keys its rows find their tenant."""
