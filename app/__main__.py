"""`python -m app` is `isegoria`."""

from app.cli import main

if __name__ == "__main__":
    main()
