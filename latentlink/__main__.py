"""`python -m latentlink` is the command `latentlink`."""

from latentlink.app.cli import main

if __name__ == "__main__":
    main()
