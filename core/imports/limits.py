"""Limits of an uploaded list (security C41). Plain numbers: the parser process imports nothing else of ours."""

FILE_BYTES = 20 * 1024 * 1024
UNPACKED_BYTES = 100 * 1024 * 1024
RATIO = 100
ENTRIES = 200
ROWS = 1_000_000
COLUMNS = 200
CELL_CHARS = 10_000
MEMORY_BYTES = 1024 * 1024 * 1024
CPU_SECONDS = 45
WALL_SECONDS = 90
