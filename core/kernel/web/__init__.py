"""The edge of every request: routes, sessions, headers, shell, lists, records, charts."""
