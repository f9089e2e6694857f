"""The command explain: shows the page of a rule, an exit code, a command or a word, from the package itself."""
