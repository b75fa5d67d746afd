"""Where the world calls us: hooks, the REST API, health."""
