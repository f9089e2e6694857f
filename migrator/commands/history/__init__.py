"""The command history: the runs of a source, and the attempts at stages of one."""
