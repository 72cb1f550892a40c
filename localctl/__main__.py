"""`python -m localctl`, and what the `localctl` command starts."""

from localctl.cli.main import main

if __name__ == "__main__":
    main()
