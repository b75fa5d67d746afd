"""Our words to their fields and back, steered by tables that an administrator edits. Pure."""
