"""Who gets how much: admission, turns, exact max-min over the tree, and why."""
