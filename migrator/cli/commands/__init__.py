"""One file for each command, named as its page in docs/commands/."""
