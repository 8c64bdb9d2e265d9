"""The tools, a class each; a file a group."""
