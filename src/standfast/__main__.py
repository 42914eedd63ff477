"""`python -m standfast` is `standfast`."""

from standfast.cli import main

if __name__ == "__main__":
    main(prog_name="standfast")
