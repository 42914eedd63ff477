"""What the numbers say: logs -> tidy frame -> fits -> findings -> decision."""
